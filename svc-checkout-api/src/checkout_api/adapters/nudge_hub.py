"""Turns bus messages into nudges for the pages that are open in this process."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from nats.aio.client import Client
from nats.aio.msg import Msg

from checkout_api.errors import too_many_streams, too_many_streams_of_transaction
from gateway_contracts.access import access_of

# More windows on one payment than this are not a customer.
WATCHERS_PER_TRANSACTION_MAX = 8


class _Watcher:
    def __init__(self, closing: asyncio.Event) -> None:
        self._closing = closing
        self._nudged = asyncio.Event()

    @property
    def is_closing(self) -> bool:
        return self._closing.is_set()

    def nudge(self) -> None:
        self._nudged.set()

    async def wait(self, timeout_s: float) -> bool:
        try:
            await asyncio.wait_for(self._nudged.wait(), timeout_s)
        except TimeoutError:
            return False
        self._nudged.clear()
        return True


class NudgeHub:
    """Plain subscriptions without a durable: a missed message is a missed nudge and no more.

    Args:
        watchers_max: open streams that this process holds at most.
    """

    def __init__(self, *, watchers_max: int) -> None:
        self._watchers_max = watchers_max
        self._watchers: dict[str, set[_Watcher]] = defaultdict(set)
        self._count = 0
        self._closing = asyncio.Event()

    async def subscribe(self, client: Client) -> None:
        """Listen to what this service may hear."""
        for subject in access_of("svc-checkout-api").listens:
            await client.subscribe(subject, cb=self._on_message)

    def close(self) -> None:
        """Let every open stream end."""
        self._closing.set()
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.nudge()

    @contextmanager
    def watch(self, transaction_id: str) -> Iterator[_Watcher]:
        """
        Raises:
            Transient: the process holds as many watchers as it may.
            RateLimited: this transaction has too many.
        """
        if self._count >= self._watchers_max or self._closing.is_set():
            raise too_many_streams()
        if len(self._watchers.get(transaction_id, ())) >= WATCHERS_PER_TRANSACTION_MAX:
            raise too_many_streams_of_transaction()
        watcher = _Watcher(self._closing)
        self._watchers[transaction_id].add(watcher)
        self._count += 1
        try:
            yield watcher
        finally:
            self._count -= 1
            self._watchers[transaction_id].discard(watcher)
            if not self._watchers[transaction_id]:
                del self._watchers[transaction_id]

    async def _on_message(self, message: Msg) -> None:
        # Most processes watch few of the transactions that pass by: look inside only if somebody waits at all.
        if not self._watchers:
            return
        try:
            transaction_id = json.loads(message.data)["data"]["transactionId"]
        except (ValueError, KeyError, TypeError):
            return
        for watcher in self._watchers.get(transaction_id, ()):
            watcher.nudge()
