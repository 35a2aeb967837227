"""Writes a backup: the databases at one moment, then the documents of the store."""

from collections.abc import Iterable

from pymongo.errors import OperationFailure

from gateway_kit.backup.copies import Copies
from gateway_kit.backup.errors import BackupError
from gateway_kit.backup.parts import Manifest, Part, PartsWriter
from gateway_kit.backup.sealed import SealedWriter
from gateway_kit.backup.summary import Summary
from gateway_kit.mongo.client import MongoClient
from gateway_kit.mongo.raw_copy import SNAPSHOT_IS_GONE, Place, collections_in, one_moment, read_batches


async def take_backup(
    sealed: SealedWriter, manifest: Manifest, *, mongo: MongoClient, copies: Copies | None
) -> Summary:
    """Write everything and close the file.

    The documents are read after the databases: each that a database names is there. One that was made meanwhile is
    replaced when its invoice is rendered again.

    Args:
        copies: of the documents; None leaves them out.

    Raises:
        BackupError: the server did not keep the moment for as long as the reading took.
    """
    writer = PartsWriter(sealed, manifest)
    summary = Summary(manifest)
    places = await collections_in(mongo)
    try:
        await _databases(writer, places, summary, mongo)
    except OperationFailure as exc:
        if exc.code in SNAPSHOT_IS_GONE:
            raise BackupError(
                "the database did not keep the moment of the backup until it was read: raise its parameter "
                "minSnapshotHistoryWindowInSeconds (300 by default) above the time that the backup takes"
            ) from exc
        raise
    if copies is not None:
        await _documents(writer, summary, copies)
    writer.finish()
    sealed.close()
    return summary


async def _databases(writer: PartsWriter, places: Iterable[Place], summary: Summary, mongo: MongoClient) -> None:
    async with one_moment(mongo) as session:
        for place in places:
            part = Part("collection", ".".join(place))
            writer.begin(part)
            async for batch in read_batches(mongo, place, session):
                writer.add(batch)
                summary.add(part, batch)
            summary.contents[part.name] = writer.end()


async def _documents(writer: PartsWriter, summary: Summary, copies: Copies) -> None:
    async for name in copies.names():
        part = Part("document", name)
        data = await copies.read(name)
        writer.begin(part)
        writer.add(data)
        summary.add(part, data)
        writer.end()
