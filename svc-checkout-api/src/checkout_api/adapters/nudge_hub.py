"""Turns bus messages into nudges for the pages that are open in this process."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from nats.aio.client import Client
from nats.aio.msg import Msg

from checkout_api.errors import too_many_streams, too_many_streams_of_customer
from gateway_contracts.access import access_of
from gateway_kit.allowance import Allowance, Lane

# More windows on one payment than this are not a customer.
WATCHERS_PER_TRANSACTION_MAX = 8
# What one address may hold of all streams: a whole office behind it has enough, and the others have the rest.
SHARE_OF_ADDRESS = 8


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
        self._streams = Allowance(total=watchers_max)
        self._address_cap = max(WATCHERS_PER_TRANSACTION_MAX, watchers_max // SHARE_OF_ADDRESS)
        self._watchers: dict[str, set[_Watcher]] = defaultdict(set)
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
    def watch(self, transaction_id: str, address: str) -> Iterator[_Watcher]:
        """
        Raises:
            Transient: the process holds as many watchers as it may.
            RateLimited: this transaction or this address has too many.
        """
        lanes = (
            Lane(f"transaction {transaction_id}", WATCHERS_PER_TRANSACTION_MAX),
            Lane(f"address {address}", self._address_cap),
        )
        full = "total" if self._closing.is_set() else self._streams.take(1, *lanes)
        if full is not None:
            raise too_many_streams() if full == "total" else too_many_streams_of_customer()
        watcher = _Watcher(self._closing)
        self._watchers[transaction_id].add(watcher)
        try:
            yield watcher
        finally:
            self._streams.give_back(1, *lanes)
            self._watchers[transaction_id].discard(watcher)
            if not self._watchers[transaction_id]:
                del self._watchers[transaction_id]

    async def _on_message(self, message: Msg) -> None:
        # Most processes watch few of the transactions that pass by: look inside only if a page waits at all.
        if not self._watchers:
            return
        try:
            transaction_id = json.loads(message.data)["data"]["transactionId"]
        except (ValueError, KeyError, TypeError):
            return
        for watcher in self._watchers.get(transaction_id, ()):
            watcher.nudge()
