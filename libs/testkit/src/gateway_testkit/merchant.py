"""A merchant's notification endpoint on loopback: keeps what arrives, verifies both kinds of signature."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from gateway_testkit.waiting import PATIENCE_S, eventually


@dataclass(frozen=True)
class Notification:
    """One POST as it came: raw bytes, so that signatures can be checked."""

    body: bytes
    headers: dict[str, str]
    at: float = field(default_factory=time.monotonic)
    """When it came, by a clock of this process: tells which of two receivers was served first."""

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    def signed_with(self, secret: str) -> bool:
        """Whether the gateway's own signature header fits the bytes."""
        signed = self.headers["X-Signature-Timestamp"].encode() + b"." + self.body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, self.headers["X-Signature-HMAC-SHA256"])


@dataclass
class Merchant:
    """Received notifications, and how the endpoint answers the next ones."""

    url: str
    """Where notifications go; its page for returning customers is beside it under ``/thanks``."""
    received: list[Notification] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    """Status codes for the next requests; 200 when empty."""

    @property
    def return_url(self) -> str:
        """Where customers come back."""
        return self.url.replace("/ipn", "/thanks?transaction={transactionId}")

    async def notification(self, transaction_id: str, status: int, timeout_s: float = PATIENCE_S) -> Notification:
        """Wait for the notification of this transaction with this numeric status."""

        def find() -> Notification | None:
            for item in self.received:
                if item.json.get("id") == transaction_id and item.json.get("status") == status:
                    return item
            return None

        found = await eventually(find, timeout_s)
        assert found is not None
        return found

    def of(self, transaction_id: str) -> list[Notification]:
        """Everything that came for this transaction, in order."""
        return [item for item in self.received if item.json.get("id") == transaction_id]


@asynccontextmanager
async def running_merchant() -> AsyncIterator[Merchant]:
    """A merchant's server on a free loopback port."""
    merchant = Merchant(url="")

    async def receive(request: web.Request) -> web.Response:
        merchant.received.append(Notification(await request.read(), dict(request.headers)))
        return web.Response(status=merchant.answers.pop(0) if merchant.answers else 200)

    application = web.Application()

    async def thank(request: web.Request) -> web.Response:
        return web.Response(text=f"Thank you for {request.query.get('transaction', 'nothing')}")

    application.router.add_post("/ipn", receive)
    application.router.add_get("/thanks", thank)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    merchant.url = f"http://127.0.0.1:{port}/ipn"
    try:
        yield merchant
    finally:
        await asyncio.wait_for(runner.cleanup(), PATIENCE_S)
