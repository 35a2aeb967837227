"""One MongoDB client per process, with deadlines and majority writes."""

from typing import Any, Final

from bson.codec_options import TypeDecoder, TypeRegistry
from bson.int64 import Int64
from pymongo import AsyncMongoClient
from pymongo.write_concern import WriteConcern

from gateway_contracts.topology import MONGODB_VERSION_MIN

MongoClient = AsyncMongoClient[dict[str, Any]]


class _PlainInteger(TypeDecoder):
    """Integers of 2^31 and more come as plain ``int``, like all others, not as the driver's own subclass."""

    bson_type = Int64

    def transform_bson(self, value: Any) -> int:
        return int(value)


PLAIN_INTEGERS: Final = TypeRegistry([_PlainInteger()])
"""For every client, so that no reader meets another type of integer for large amounts than for small ones."""


def open_client(uri: str) -> MongoClient:
    """A client for the running event loop. Every operation has a deadline; writes wait for majority and journal."""
    return AsyncMongoClient(
        uri,
        tz_aware=True,
        uuidRepresentation="standard",
        type_registry=PLAIN_INTEGERS,
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
