"""Keeps the buckets of all instances of a service in step, over the ``limits`` bucket of the bus.

Each instance puts what it admitted under a key of its own, ten times a second at most, and hears what the others put.
Puts are not waited for: a limit must cost no round trip, and one that gets lost is made good by the next, because the
figures are running totals. The store itself is read once, at start, so that a restart does not empty the buckets. While
the bus is away each instance goes on with what it knows.
"""

import asyncio
import json
import secrets
import time
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import BucketNotFoundError
from nats.js.kv import KeyValue

from gateway_contracts.topology import LIMITS_BUCKET
from gateway_kit.limits.buckets import Buckets, Spending
from gateway_kit.logging import get_logger

log = get_logger(__name__)

INTERVAL_S: Final = 0.1
CHANGES_PER_ROUND: Final = 500
"""More buckets than this wait for the next round: an attack from many addresses must not flood the bus."""


class SharedLimits:
    """One instance's part of the sharing.

    Args:
        service: whose instances share; services do not limit each other's callers.
        instance: a name that no other instance has.
    """

    def __init__(self, client: Client, buckets: Buckets, *, service: str, instance: str | None = None) -> None:
        self._client = client
        self._buckets = buckets
        self._service = service
        self._instance = instance or secrets.token_hex(6)
        self._prefix = f"$KV.{LIMITS_BUCKET}.{service}."

    async def start(self, js: JetStreamContext) -> None:
        """Hear the others from now on, and read what is known already."""
        await self._client.subscribe(f"{self._prefix}>", cb=self._hear)
        try:
            bucket = await js.key_value(LIMITS_BUCKET)
        except BucketNotFoundError:
            # Without the store an instance still hears the others; only what was spent before this start is not known.
            log.warning("limits.not_remembered", bucket=LIMITS_BUCKET)
            return
        watcher = await bucket.watch(f"{self._service}.>")
        try:
            # nats-py marks the end of what was there with something that is no entry.
            while isinstance(entry := await watcher._updates.get(), KeyValue.Entry):
                self._take(entry.key.removeprefix(f"{self._service}."), entry.value or b"", is_first_reading=True)
        finally:
            await watcher.stop()  # type: ignore[no-untyped-call]  # nats-py leaves it untyped

    async def run(self) -> None:
        """Tell the others; ends only by cancellation."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self.tell()

    async def tell(self) -> None:
        """One round."""
        self._buckets.purge()
        if not self._client.is_connected:
            return
        for spending in self._buckets.changes(CHANGES_PER_ROUND):
            try:
                await self._client.publish(f"{self._prefix}{spending.bucket}.{self._instance}", _wire(spending))
            except nats.errors.Error as exc:
                log.warning("limits.not_shared", error=type(exc).__name__)
                return

    async def _hear(self, message: Msg) -> None:
        self._take(message.subject.removeprefix(self._prefix), message.data)

    def _take(self, key: str, body: bytes, *, is_first_reading: bool = False) -> None:
        name, _, instance = key.rpartition(".")
        if instance == self._instance or not body:
            return
        try:
            spent, level, at = json.loads(body)
            spending = Spending(name, int(spent), float(level))
            age_s = time.time() - float(at)
        except (ValueError, TypeError):
            log.error("limits.unreadable", key=key)
            return
        self._buckets.absorb(spending, instance=instance, age_s=age_s, is_first_reading=is_first_reading)


def _wire(spending: Spending) -> bytes:
    return json.dumps([spending.spent, round(spending.level, 3), round(time.time(), 3)]).encode()
