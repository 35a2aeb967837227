"""Puts a backup back into an empty installation, whose services do not run."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pymongo
from nats.aio.client import Client

from gateway_contracts.collections import DATABASES, OUTBOX_KEPT_S
from gateway_kit.backup.copies import Copies
from gateway_kit.backup.errors import BackupError
from gateway_kit.backup.parts import Digest, PartsReader
from gateway_kit.backup.summary import Summary
from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.indexes import apply_collections
from gateway_kit.mongo.raw_copy import (
    INDEX_DEADLINE_S,
    drop_databases,
    filled_collections,
    read_batches,
    write_batch,
)
from gateway_kit.nats.topology import apply_topology, filled_streams, remove_topology
from gateway_kit.republish import republish


async def held_by(mongo: MongoClient, bus: Client) -> list[str]:
    """Names of the collections and streams that hold something; empty where nothing was stored yet."""
    return [*await filled_collections(mongo), *await filled_streams(bus)]


async def clear(mongo: MongoClient, bus: Client) -> None:
    """Remove everything that services stored, on the bus too."""
    await drop_databases(mongo)
    await remove_topology(bus)


@contextlib.asynccontextmanager
async def emptied_on_failure(mongo: MongoClient, bus: Client) -> AsyncIterator[None]:
    """A restoration that fails leaves nothing that services could start with."""
    try:
        yield
    except BaseException:
        await clear(mongo, bus)
        raise


async def put_back(
    reader: PartsReader, summary: Summary, *, mongo: MongoClient, bus: Client, copies: Copies, replicas: int
) -> None:
    """Write all parts in place of what is there, compare what is stored with them, and make streams and indexes.

    Documents of a bucket that are not in the backup stay: nothing names them.

    Raises:
        BackupError: something is stored otherwise than it was written.
        NoBackup: the file changed since it was looked through.
    """
    await clear(mongo, bus)
    await apply_topology(bus, replicas=replicas)
    await _write(reader, mongo, copies)
    await _compare(summary, mongo)
    # Before the indexes: those that expire rows would remove events that are to be published again.
    await _publish_again(summary, mongo)
    with pymongo.timeout(INDEX_DEADLINE_S):
        await apply_collections(mongo)


async def _write(reader: PartsReader, mongo: MongoClient, copies: Copies) -> None:
    for part, pieces in reader.parts():
        if part.kind == "document":
            await copies.write(part.name, b"".join(pieces))
            continue
        database, _, collection = part.name.partition(".")
        if database not in DATABASES.values():
            raise BackupError(f"this version has no database {database}: restore with the version of the backup")
        for piece in pieces:
            await write_batch(mongo, (database, collection), piece)


async def _compare(summary: Summary, mongo: MongoClient) -> None:
    """Read everything once more: the file's digest of each collection is that of what the server has now."""
    for name, content in summary.contents.items():
        database, _, collection = name.partition(".")
        digest = Digest()
        async for batch in read_batches(mongo, (database, collection)):
            digest.add(batch)
        if digest.content() != content:
            raise BackupError(f"{name} is stored otherwise than it is in the backup")


async def _publish_again(summary: Summary, mongo: MongoClient) -> None:
    """Whether an event that was published had been handled is not known: the bus is not in the backup.

    All that the outbox kept are published once more; consumers recognize what they had handled.
    """
    since = datetime.fromisoformat(summary.manifest.moment) - timedelta(seconds=OUTBOX_KEPT_S)
    for database in DATABASES.values():
        with pymongo.timeout(INDEX_DEADLINE_S):
            await republish(mongo[database], since)
