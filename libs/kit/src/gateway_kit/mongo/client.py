"""One MongoDB client per process, with deadlines and majority writes."""

from typing import Any

from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern

from gateway_contracts.topology import MONGODB_VERSION_MIN

MongoClient = AsyncMongoClient[dict[str, Any]]


def open_client(uri: str) -> MongoClient:
    """A client for the running event loop. Every operation has a deadline; writes wait for majority and journal."""
    return AsyncMongoClient(
        uri,
        tz_aware=True,
        uuidRepresentation="standard",
        serverSelectionTimeoutMS=3_000,
        connectTimeoutMS=3_000,
        timeoutMS=10_000,
        maxPoolSize=64,
        retryWrites=True,
        readConcernLevel="majority",
        w="majority",
        journal=True,
        appname="payment-gateway",
    )


# What the unit of work's transactions commit with.
DURABLE = WriteConcern("majority", j=True)


class UnsupportedServer(RuntimeError):
    """The server is older than what the design needs."""


async def require_version(client: MongoClient) -> None:
    """
    Raises:
        UnsupportedServer: below the supported version.
    """
    info = await client.server_info()
    version = tuple(info["versionArray"][:2])
    if version < MONGODB_VERSION_MIN:
        raise UnsupportedServer(f"MongoDB {info['version']} is older than {MONGODB_VERSION_MIN}")
