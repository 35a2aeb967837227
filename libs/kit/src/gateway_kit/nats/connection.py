"""Connections to NATS: own inbox per service, endless reconnection, no silent death."""

import os
import re
from collections.abc import Awaitable, Callable
from typing import Any

from faststream import AckPolicy
from faststream.nats import NatsBroker
from faststream.security import SASLPlaintext
from nats.aio.client import Client

from gateway_contracts.topology import NATS_VERSION_MIN
from gateway_kit.logging import get_logger
from gateway_kit.nats.lean_client import LeanClient
from gateway_kit.settings import KitSettings

log = get_logger(__name__)

EXIT_CONNECTION_LOST = 70
GRACEFUL_TIMEOUT_S = 25
_DENIED = re.compile(r"permissions violation for \w+ (?:to )?\"([^\"]+)\"", re.IGNORECASE)


class Lifeline:
    """A connection that closes while the lifeline holds ends the process; released, closing is intended."""

    def __init__(self) -> None:
        self.released = False

    def release(self) -> None:
        """The process is about to close its connections on purpose."""
        self.released = True


OnReconnect = Callable[[], Awaitable[None]]
OnDenied = Callable[[str], None]


class UnsupportedServer(RuntimeError):
    """The server is older than what the design needs."""


def inbox_prefix(service: str) -> str:
    """The only inboxes that a service may listen on."""
    return f"_INBOX_{service}"


def _options(
    settings: KitSettings,
    service: str,
    lifeline: Lifeline,
    on_reconnect: OnReconnect | None = None,
    on_denied: OnDenied | None = None,
) -> dict[str, Any]:
    async def die() -> None:
        if lifeline.released:
            return
        # A closed connection never comes back, and a pull loop over it freezes the event loop before any signal
        # handler could run: end the process, the supervisor starts a new one. No input leads here: the client refuses
        # what the server would close the connection for, and reconnects after a violation.
        log.error("nats.closed")
        os._exit(EXIT_CONNECTION_LOST)

    async def disconnected() -> None:
        log.warning("nats.disconnected")

    async def reconnected() -> None:
        log.info("nats.reconnected")
        if on_reconnect is not None:
            await on_reconnect()

    async def error(exc: Exception) -> None:
        if denied := _DENIED.search(str(exc)):
            log.error("nats.permission_denied", subject=denied.group(1))
            if on_denied is not None:
                on_denied(denied.group(1))
        else:
            log.warning("nats.error", error=type(exc).__name__, message=str(exc))

    return {
        "servers": [settings.nats_url],
        "name": service,
        "connect_timeout": 5,
        "reconnect_time_wait": 1,
        "max_reconnect_attempts": -1,
        "ping_interval": 20,
        "max_outstanding_pings": 3,
        "drain_timeout": 20,
        "inbox_prefix": inbox_prefix(service).encode(),
        "closed_cb": die,
        "disconnected_cb": disconnected,
        "reconnected_cb": reconnected,
        "error_cb": error,
    }


async def connect(
    settings: KitSettings,
    service: str,
    lifeline: Lifeline,
    *,
    on_reconnect: OnReconnect | None = None,
    on_denied: OnDenied | None = None,
) -> Client:
    """A connection under the service's own user.

    Raises:
        UnsupportedServer: below the supported version.
    """
    options = _options(settings, service, lifeline, on_reconnect, on_denied)
    # A megabyte-wide hiccup of the server must not lose what the relay and the edge write meanwhile.
    client = LeanClient()
    await client.connect(
        user=settings.nats_user,
        password=settings.nats_password.get_secret_value(),
        pending_size=16 * 1024 * 1024,
        **options,
    )
    version = tuple(int(part) for part in re.findall(r"\d+", str(client.connected_server_version))[:2])
    if version < NATS_VERSION_MIN:
        raise UnsupportedServer(f"NATS {client.connected_server_version} is older than {NATS_VERSION_MIN}")
    return client


class _LeanBroker(NatsBroker):
    """FastStream's broker over our client: what it publishes is checked in the same way."""

    async def _connect(self) -> Client:
        client = LeanClient()
        await client.connect(**self._connection_kwargs)
        self.config.connect(client)
        return client


def open_broker(settings: KitSettings, service: str, lifeline: Lifeline) -> NatsBroker:
    """The FastStream broker of a service's event consumers (its own connection, opened by ``start``)."""
    options = _options(settings, service, lifeline)
    return _LeanBroker(
        **options,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        graceful_timeout=GRACEFUL_TIMEOUT_S,
        # Handlers take the message as it is; dependency injection would send every message through a thread.
        apply_types=False,
        security=SASLPlaintext(settings.nats_user, settings.nats_password.get_secret_value(), use_ssl=False),
        logger=None,
    )
