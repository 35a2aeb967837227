"""The webhook endpoint with a broker in memory, for its tests."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from checkout_api.hooks import WebhookEndpoint
from gateway_contracts.requests.ingest import HEADER_CODE, HEADER_STATUS
from gateway_kit.http.connections import BODY_HERE_KEY
from gateway_kit.trace_budget import TraceBudget

PROVIDER = "65a5000000000000000000aa"
PATH = f"/hooks/stripe/{PROVIDER}"
BAD_SIGNATURE = {HEADER_STATUS: "400", HEADER_CODE: "WEBHOOK_SIGNATURE_INVALID"}


@dataclass
class Reply:
    headers: dict[str, str] | None


@dataclass
class Request:
    subject: str
    body: bytes
    headers: dict[str, str]
    timeout: float


class Broker:
    """The part of the client that the webhook endpoint needs."""

    def __init__(self, reply: dict[str, str] | Exception | None = None) -> None:
        self.reply = {HEADER_STATUS: "200"} if reply is None else reply
        self.requests: list[Request] = []
        self.is_connected = True
        self.released = asyncio.Event()
        self.released.set()

    async def request(self, subject: str, body: bytes, *, timeout: float, headers: dict[str, str]) -> Reply:
        self.requests.append(Request(subject, body, headers, timeout))
        await self.released.wait()
        if isinstance(self.reply, Exception):
            raise self.reply
        return Reply(self.reply)


@dataclass
class Response:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"])


def endpoint_to(broker: Broker, **options: Any) -> WebhookEndpoint:
    return WebhookEndpoint(broker, traces=TraceBudget(ratio=0, per_second=0), **options)  # type: ignore[arg-type]  # a fake client


def chunked(*chunks: bytes, end: bool = True) -> Callable[[], Awaitable[dict[str, Any]]]:
    """A request body in pieces; without an end the client disconnects after the last one."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if end:
        messages[-1]["more_body"] = False
    pending = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(pending, {"type": "http.disconnect"})

    return receive


async def call(
    endpoint: WebhookEndpoint,
    *,
    path: str = PATH,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    receive: Callable[[], Awaitable[dict[str, Any]]] | None = None,
    client: str = "203.0.113.5",
    here: int | None = None,
) -> Response:
    """One request; ``here``: so many bytes came with its head, and they are all."""
    response = Response()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            response.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            response.body += message["body"]

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "client": (client, 1234),
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    if here is not None:
        scope[BODY_HERE_KEY] = lambda: True
        scope["headers"] = [(b"content-length", str(here).encode())]
    await endpoint(scope, receive or chunked(b"{}"), send)
    return response
