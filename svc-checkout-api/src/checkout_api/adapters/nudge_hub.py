"""Turns bus messages into nudges for the pages that are open in this process."""

import json
from contextlib import AbstractContextManager

from nats.aio.client import Client
from nats.aio.msg import Msg

from gateway_contracts.access import access_of
from gateway_kit.allowance import Lane
from gateway_kit.http.event_streams import OpenStreams, Watcher

# More windows on one payment than this are not a customer.
WATCHERS_PER_TRANSACTION_MAX = 8
# What one address may hold of all streams: a whole office behind it has enough, and the others have the rest.
SHARE_OF_ADDRESS = 8


class NudgeHub:
    """Plain subscriptions without a durable: a missed message is a missed nudge and no more.

    Args:
        watchers_max: open streams that this process holds at most.
    """

    def __init__(self, *, watchers_max: int) -> None:
        self._streams = OpenStreams(total=watchers_max)
        self._address_cap = max(WATCHERS_PER_TRANSACTION_MAX, watchers_max // SHARE_OF_ADDRESS)

    async def subscribe(self, client: Client) -> None:
        """Listen to what this service may hear."""
        for subject in access_of("svc-checkout-api").listens:
            await client.subscribe(subject, cb=self._on_message)

    @property
    def held(self) -> int:
        """How many streams are open."""
        return self._streams.held

    def close(self) -> None:
        """Let every open stream end."""
        self._streams.close()

    def watch(self, transaction_id: str, address: str) -> AbstractContextManager[Watcher]:
        """
        Raises:
            Transient: the process holds as many watchers as it may.
            RateLimited: this transaction or this address has too many.
        """
        return self._streams.watch(
            transaction_id,
            Lane(f"transaction {transaction_id}", WATCHERS_PER_TRANSACTION_MAX),
            Lane(f"address {address}", self._address_cap),
        )

    async def _on_message(self, message: Msg) -> None:
        # Most processes watch few of the transactions that pass by: look inside only if a page waits at all.
        if not self._streams.held:
            return
        try:
            transaction_id = json.loads(message.data)["data"]["transactionId"]
        except (ValueError, KeyError, TypeError):
            return
        self._streams.nudge(transaction_id)
