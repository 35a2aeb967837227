"""A service whose database does not answer yet waits for it, alive and honest about it, instead of ending again and
again: it needs no start by hand once the database is back."""

import asyncio

from pymongo.errors import ConnectionFailure, ExecutionTimeout, WTimeoutError

from gateway_kit.http.asgi import error_body, send_json
from gateway_kit.http.edge import edge
from gateway_kit.logging import get_logger
from gateway_kit.mongo.client import MongoClient, open_client
from gateway_kit.server import Application, Receive, Scope, Send, serve_while
from gateway_kit.settings import DatabaseSettings, HttpSettings

log = get_logger(__name__)

RETRY_S = 1.0
RETRY_AFTER_S = 5
"""``Retry-After`` for callers of an API: about the time that an election or a restart takes."""
_ALIVE = ("/livez", "/health")
_READY = ("/readyz", "/internal/health")
# Not among them: wrong credentials. Waiting would not make them right, so the process ends and says so.
_SILENCE = (ConnectionFailure, ExecutionTimeout, WTimeoutError)


async def database_answers(settings: DatabaseSettings, *, host: str, port: int) -> bool:
    """Wait until the database accepts writes; meanwhile serve probes and tell everybody else to come back.

    Returns:
        False when the signal to stop came first.
    """
    async with open_client(settings.mongodb_uri.get_secret_value()) as client:
        if await _accepts_writes(client):
            return True
        log.warning("service.waiting", dependency="mongodb")
        is_there = await serve_while(_until_writable(client), waiting_room(settings), host=host, port=port)
    if is_there:
        log.info("service.waited", dependency="mongodb")
    return is_there


async def _until_writable(client: MongoClient) -> None:
    while not await _accepts_writes(client):  # noqa: ASYNC110 - what is waited for happens in another process
        await asyncio.sleep(RETRY_S)


async def _accepts_writes(client: MongoClient) -> bool:
    try:
        answer = await client.admin.command("hello")
    except _SILENCE:
        return False
    return bool(answer.get("isWritablePrimary"))


def waiting_room(settings: DatabaseSettings) -> Application:
    """Alive, not ready, and 503 ``DATABASE_UNAVAILABLE`` with ``Retry-After`` for every other request."""
    if not isinstance(settings, HttpSettings):
        return _turn_away
    is_https = settings.admin_backend_origin.startswith("https://")
    return edge(_turn_away, trusted_proxies=settings.trusted_proxy_addresses, is_https=is_https)


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    if scope["path"] in _ALIVE:
        await send_json(send, 200, {"status": "ok"})
        return
    body: dict[str, object] = {"status": "waiting", "failing": {"mongodb": "ConnectionFailure"}}
    if scope["path"] not in _READY:
        body = error_body("the database does not answer", "DATABASE_UNAVAILABLE")
    await send_json(send, 503, body, headers={"retry-after": str(RETRY_AFTER_S)})
