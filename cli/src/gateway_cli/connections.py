"""Connections of one command, with deadlines: to the bus under the operator's user, and to the database."""

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from gateway_cli.installation import Installation

if TYPE_CHECKING:
    from nats.aio.client import Client

    from gateway_kit.mongo.client import MongoClient
    from gateway_kit.nats.dead_letters import DeadLetters

CONNECT_TIMEOUT_S: Final = 5
REQUEST_TIMEOUT_S: Final = 5


@contextlib.asynccontextmanager
async def bus_of(installation: Installation) -> "AsyncIterator[Client]":
    """The bus. ``NATS_USER`` and ``NATS_PASSWORD`` are optional: ``NATS_URL`` may hold both.

    Raises:
        nats.errors.Error: it does not answer, or refuses the user.
    """
    from nats.aio.client import Client

    from gateway_kit.nats.connection import inbox_prefix
    from gateway_kit.nats.permissions import ADMIN_USER

    url, user = installation.value("NATS_URL"), installation.optional("NATS_USER")
    client = Client()
    try:
        await client.connect(
            url,
            user=user,
            password=installation.optional("NATS_PASSWORD"),
            inbox_prefix=inbox_prefix(user or ADMIN_USER).encode(),
            allow_reconnect=False,
            max_reconnect_attempts=1,
            error_cb=_reported_at_the_end,
            connect_timeout=CONNECT_TIMEOUT_S,
        )
        yield client
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def dead_letters_of(installation: Installation) -> "AsyncIterator[DeadLetters]":
    """The stream of dead letters, for the operator."""
    from gateway_kit.nats.dead_letters import DeadLetters
    from gateway_kit.nats.rpc import RpcClient

    async with bus_of(installation) as client:
        yield DeadLetters(client.jetstream(timeout=REQUEST_TIMEOUT_S), RpcClient(client))


@contextlib.asynccontextmanager
async def mongo_of(installation: Installation) -> "AsyncIterator[MongoClient]":
    """The database server; every operation has the deadline of the kit's client."""
    from gateway_kit.mongo.client import open_client

    client = open_client(installation.value("MONGODB_URI"))
    try:
        yield client
    finally:
        await client.close()


async def _reported_at_the_end(_error: Exception) -> None:
    """The client would print every failed attempt with its traceback."""
