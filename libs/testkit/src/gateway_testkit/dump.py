"""Everything that a started stack keeps on disk, for tests that search it."""

import base64
import contextlib
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path

from bson.raw_bson import RawBSONDocument
from pymongo import AsyncMongoClient

from gateway_testkit.stack import Stack

OUTSIDE = ("simulator", "merchant", "seed")
"""Logs of what stands for the world outside: providers, a merchant's server, the operator's shell."""


def forms(text: str) -> tuple[bytes, ...]:
    """A text as it may lie in a file: plain, escaped in a URL or JSON, and inside base64 at any of three offsets."""
    plain = text.encode()
    encoded = [base64.b64encode(bytes(offset) + plain) for offset in range(3)]
    # The first and last group also depend on the neighbours.
    inner = [item[4:-4] for item in encoded if len(item) > 16]
    escaped = [text.replace("@", "%40").encode(), text.replace("/", "\\/").encode(), text.encode("utf-16-le")]
    return tuple({plain, *escaped, *inner})


def found_in(data: bytes, canaries: Iterable[str]) -> list[str]:
    """Which of them are in there, in any form."""
    return [canary for canary in canaries if any(form in data for form in forms(canary))]


async def documents(stack: Stack) -> AsyncIterator[tuple[str, bytes]]:
    """Every document of every database as bytes, with its place; the operations log too, which remembers all writes."""
    async with AsyncMongoClient(stack.descriptor["mongodb"]["uri"], document_class=RawBSONDocument) as client:
        for name in await client.list_database_names():
            database = client[name]
            for collection in await database.list_collection_names():
                if _is_the_servers_own(name, collection):
                    continue
                async for document in database[collection].find():
                    yield f"{name}.{collection}", bytes(document.raw)


def jetstream_files(stack: Stack) -> Iterator[tuple[str, bytes]]:
    """Every file below JetStream's folder."""
    yield from _files(stack.folder / "data" / "nats")


def logs(stack: Stack) -> Iterator[tuple[str, bytes]]:
    """The logs of the gateway's own processes and of its servers."""
    for place, data in _files(stack.folder / "logs"):
        if not any(name in place for name in OUTSIDE):
            yield place, data


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    # A running server removes files and folders while they are listed: a walk goes on without them.
    paths = sorted(Path(place) / name for place, _, names in os.walk(folder) for name in names)
    for path in paths:
        data = None
        with contextlib.suppress(FileNotFoundError):
            data = path.read_bytes()
        if data is not None:
            yield str(path.relative_to(folder)), data


def _is_the_servers_own(database: str, collection: str) -> bool:
    """Users, cluster keys and the state of replication: nothing that a client wrote there."""
    return collection.startswith("system.") or (database == "local" and collection != "oplog.rs")
