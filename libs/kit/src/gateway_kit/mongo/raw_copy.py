"""Whole collections as BSON, for backups: read at one moment, written into an empty database."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import bson
import pymongo
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.client_session import AsyncClientSession

from gateway_contracts.collections import DATABASES
from gateway_kit.mongo.client import MongoClient

BATCH_DEADLINE_S: Final = 120
"""For one batch of at most 16 MiB, read or written."""
INDEX_DEADLINE_S: Final = 6 * 3_600
"""For all indexes of a large installation."""
SNAPSHOT_IS_GONE: Final = frozenset({239, 246})
"""Codes of the server: it no longer keeps the moment that is read (``minSnapshotHistoryWindowInSeconds``)."""
_RAW: Final[CodecOptions[Any]] = CodecOptions(document_class=RawBSONDocument)
_OF_THE_SERVER: Final = "system."

Place = tuple[str, str]
"""Names of a database and of a collection."""


async def collections_in(client: MongoClient) -> list[Place]:
    """Every collection in the databases of the services, in the order of their names."""
    found = []
    for database in sorted(DATABASES.values()):
        names = await client[database].list_collection_names()
        found += [(database, name) for name in sorted(names) if not name.startswith(_OF_THE_SERVER)]
    return found


@contextlib.asynccontextmanager
async def one_moment(client: MongoClient) -> AsyncIterator[AsyncClientSession]:
    """A session whose reads all see the databases as they are at the first of them."""
    async with client.start_session(snapshot=True) as session:
        yield session


async def read_batches(
    client: MongoClient, place: Place, session: AsyncClientSession | None = None
) -> AsyncIterator[bytes]:
    """All documents of a collection in the order of their ids, in batches of documents one behind the other."""
    cursor: Any = client[place[0]][place[1]].find_raw_batches({}, sort=[("_id", 1)], session=session)
    try:
        while True:
            with pymongo.timeout(BATCH_DEADLINE_S):
                batch = await anext(cursor, None)
            if batch is None:
                return
            if batch:
                yield batch
    finally:
        await cursor.close()


def documents_in(batch: bytes) -> int:
    """The number of documents in a batch; each begins with its length."""
    count = position = 0
    while position < len(batch):
        position += int.from_bytes(batch[position : position + 4], "little") or len(batch)
        count += 1
    return count


async def write_batch(client: MongoClient, place: Place, batch: bytes) -> None:
    """Insert the documents of a batch, which has at least one."""
    collection = client[place[0]].get_collection(place[1], codec_options=_RAW)
    with pymongo.timeout(BATCH_DEADLINE_S):
        await collection.insert_many(bson.decode_all(batch, _RAW))


async def filled_collections(client: MongoClient) -> list[str]:
    """Names of the collections that have a document."""
    return [
        f"{database}.{name}"
        for database, name in await collections_in(client)
        if await client[database][name].find_one({}, {"_id": 1}) is not None
    ]


async def drop_databases(client: MongoClient, databases: Iterable[str] = tuple(DATABASES.values())) -> None:
    """Remove the databases of the services. Users and their roles stay: they lie elsewhere."""
    for database in databases:
        with pymongo.timeout(BATCH_DEADLINE_S):
            await client.drop_database(database)
