"""The database: version, disk and memory, as far as its user may see them."""

import asyncio
from typing import TYPE_CHECKING, Any

from gateway_cli.connections import mongo_of
from gateway_cli.doctor.finding import Finding
from gateway_cli.doctor.guard import guarded
from gateway_cli.doctor.thresholds import DATABASE_DISK
from gateway_cli.installation import Installation
from gateway_contracts.collections import DATABASES

if TYPE_CHECKING:
    from gateway_kit.mongo.client import MongoClient


async def check_database(installation: Installation) -> list[Finding]:
    """Each part over one client."""
    async with mongo_of(installation) as client:
        # One that does not answer here does not answer the others either.
        version = await _version(client)
        disk, memory = await asyncio.gather(
            guarded(DATABASE_DISK.check, _disk(client)), guarded("database_memory", _memory(client))
        )
        return [*version, *disk, *memory]


async def _version(client: "MongoClient") -> list[Finding]:
    from gateway_kit.mongo.client import UnsupportedServer, require_version

    try:
        await require_version(client)
    except UnsupportedServer as exc:
        return [Finding("database_version", "attention", f"{exc}.")]
    version = (await client.server_info())["version"]
    return [Finding("database_version", "ok", f"The database is MongoDB {version}.")]


async def _disk(client: "MongoClient") -> list[Finding]:
    """The server reports its disk beside the size of any database."""
    stored: dict[str, float] = {}
    disk: dict[str, Any] = {}
    for name in DATABASES.values():
        disk = await client[name].command("dbStats")
        stored[name] = disk.get("storageSize", 0) + disk.get("indexSize", 0)
    total = f"{sum(stored.values()) / 1024**2:,.0f} MiB in {len(stored)} databases"
    findings = [Finding("database_size", "ok", f"The database stores {total}.", sum(stored.values()))]
    if not disk.get("fsTotalSize"):
        return findings
    return findings + DATABASE_DISK.findings({"The database": 100 * disk["fsUsedSize"] / disk["fsTotalSize"]})


async def _memory(client: "MongoClient") -> list[Finding]:
    from pymongo.errors import OperationFailure

    try:
        resident = (await client.admin.command("serverStatus"))["mem"]["resident"]
    except OperationFailure:
        # The user of the topology job may not ask; the container's limit holds anyway.
        return []
    return [Finding("database_memory", "ok", f"The database takes {resident:,} MiB of memory.", float(resident))]
