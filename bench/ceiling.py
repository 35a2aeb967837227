"""The bare ceiling: one process, bare ASGI, one HMAC, one group commit, one POST. No service of ours can be faster.

``POST /relay`` also notifies: a consumer of the same stream posts to the address in the event.
"""

import asyncio
import hashlib
import hmac
import json
import os

import aiohttp
import nats
import uvicorn
import uvloop
from nats.aio.client import Client
from nats.aio.msg import Msg

from bench.rig import CEILING_STREAM, CEILING_SUBJECT, RELAY_SUBJECT
from gateway_kit.http.asgi import Receive, Scope, Send, header
from gateway_kit.nats.batch import BatchPublisher
from gateway_testkit.asgi_bodies import read_body


class Ceiling:
    """The ASGI application and the relay behind it."""

    def __init__(self, client: Client, secret: bytes, session: aiohttp.ClientSession) -> None:
        self._publisher = BatchPublisher(client, stream=CEILING_STREAM)
        self._secret = secret
        self._session = session
        self._posting: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = 200
        if scope["method"] == "POST":
            body = await read_body(receive)
            if self._is_genuine(header(scope, b"stripe-signature") or b"", body):
                subject = RELAY_SUBJECT if scope["path"] == "/relay" else CEILING_SUBJECT
                await self._publisher.publish(subject, {}, body)
            else:
                status = 400
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def relay(self, message: Msg) -> None:
        """Notify at once, several at the same time."""
        task = asyncio.create_task(self._notify(message))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    def _is_genuine(self, signature: bytes, body: bytes) -> bool:
        parts = dict(part.partition(b"=")[::2] for part in signature.split(b","))
        expected = hmac.new(self._secret, parts[b"t"] + b"." + body, hashlib.sha256).hexdigest().encode()
        return hmac.compare_digest(expected, parts[b"v1"])

    async def _notify(self, message: Msg) -> None:
        payment = json.loads(message.data)["data"]["object"]
        notification = json.dumps({"id": payment["id"], "status": 1}).encode()
        signature = hmac.new(self._secret, notification, hashlib.sha256).hexdigest()
        async with self._session.post(payment["ipnUrl"], data=notification, headers={"x-signature": signature}) as done:
            await done.read()
        await message.ack()


async def _serve() -> None:
    user = os.environ["NATS_USER"]
    client = await nats.connect(
        os.environ["NATS_URL"],
        user=user,
        password=os.environ["NATS_PASSWORD"],
        inbox_prefix=f"_INBOX_{user}".encode(),
    )
    async with aiohttp.ClientSession() as session:
        ceiling = Ceiling(client, os.environ["WEBHOOK_SECRET"].encode(), session)
        await client.jetstream().subscribe(
            RELAY_SUBJECT, stream=CEILING_STREAM, durable="relay", cb=ceiling.relay, manual_ack=True
        )
        config = uvicorn.Config(
            ceiling,
            host="127.0.0.1",
            port=int(os.environ["HTTP_PORT"]),
            lifespan="off",
            http="httptools",
            access_log=False,
            log_config=None,
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(_serve())
