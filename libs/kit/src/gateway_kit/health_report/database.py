"""The database: version, disk and memory, as far as its user may see them."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from gateway_kit.health_report.finding import N_, Finding
from gateway_kit.health_report.guard import guarded
from gateway_kit.health_report.thresholds import DATABASE_DISK, DATABASE_MEMORY

if TYPE_CHECKING:
    from gateway_kit.mongo.client import MongoClient

_UNAUTHORIZED: Final = 13


async def check_database(client: "MongoClient", databases: Sequence[str]) -> list[Finding]:
    """Version, and size and memory as far as the user may know them.

    Args:
        databases: those whose size counts.

    Raises:
        pymongo.errors.PyMongoError: the server does not answer.
    """
    # One that does not answer here does not answer the others either.
    version = await _version(client)
    disk, memory = await asyncio.gather(
        guarded(DATABASE_DISK.check, _disk(client, databases)), guarded(DATABASE_MEMORY.check, _memory(client))
    )
    return [*version, *disk, *memory]


async def _version(client: "MongoClient") -> list[Finding]:
    from gateway_kit.mongo.client import UnsupportedServer, require_version

    try:
        await require_version(client)
    except UnsupportedServer as exc:
        return [Finding("database_version", "attention", f"{exc}.")]
    facts = {"version": (await client.server_info())["version"]}
    return [Finding("database_version", "ok", N_("The database is MongoDB %(version)s."), facts=facts)]


async def _disk(client: "MongoClient", databases: Sequence[str]) -> list[Finding]:
    """The server reports its disk beside the size of any database."""
    stored = 0.0
    disk: dict[str, Any] = {}
    for name in databases:
        disk = await client[name].command("dbStats")
        stored += disk.get("storageSize", 0) + disk.get("indexSize", 0)
    facts = {"size": f"{stored / 1024**2:,.0f} MiB", "count": str(len(databases))}
    pattern = N_("The database stores %(size)s in %(count)s databases.")
    findings = [Finding("database_size", "ok", pattern, stored, facts=facts)]
    if not disk.get("fsTotalSize"):
        return findings
    return findings + DATABASE_DISK.findings({N_("The database"): 100 * disk["fsUsedSize"] / disk["fsTotalSize"]})


async def _memory(client: "MongoClient") -> list[Finding]:
    from pymongo.errors import OperationFailure

    from gateway_kit.mongo.users import OBSERVER

    try:
        status, host = await client.admin.command("serverStatus"), await client.admin.command("hostInfo")
    except OperationFailure as exc:
        if exc.code != _UNAUTHORIZED:
            raise
        pattern = N_("The memory of the database is not known: its user lacks the role %(role)s.")
        return [Finding(DATABASE_MEMORY.check, "unknown", pattern, facts={"role": OBSERVER})]
    # The limit of its container, where it has one.
    resident, limit = status["mem"]["resident"], host["system"]["memLimitMB"]
    facts = {"memory": f"{resident:,} MiB", "limit": f"{limit:,} MiB"}
    pattern = N_("The database takes %(memory)s of %(limit)s of memory.")
    size = Finding("database_memory_size", "ok", pattern, float(resident), facts=facts)
    return [size, *DATABASE_MEMORY.findings({N_("The database"): 100 * resident / limit})]
