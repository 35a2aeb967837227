"""Takes due messages of one consumer from the backlog, in turns over the tenants (ADR 0024)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from pymongo.errors import PyMongoError

from gateway_contracts.topology import ConsumerSpec
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.fairness import Shares
from gateway_kit.logging import get_logger
from gateway_kit.nats.backlog import LEASE, Backlog, Message

log = get_logger(__name__)

_POLL_S: Final = 1.0


class BacklogWorker:
    """Claims messages of one consumer and keeps their lease while they are handled.

    Args:
        spec: the consumer.
        backlog: where they wait.
        woken: something is due now.
        handle: one attempt; it removes the message from the backlog, or stores the next attempt.
    """

    def __init__(
        self, spec: ConsumerSpec, backlog: Backlog, woken: asyncio.Event, handle: Callable[[Message], Awaitable[None]]
    ) -> None:
        self._durable = spec.durable
        self._backlog = backlog
        self._woken = woken
        self._handle = handle
        places = max(4, spec.workers // 2)
        self._shares = Shares(places, per_lane=max(1, places // 2), reserve=places // 4)
        self._under_way: dict[str, Message] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work on the backlog; ends only by cancellation."""
        renewing = asyncio.create_task(self._renew())
        try:
            while True:
                self._woken.clear()
                if not await self._take_due():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_POLL_S):
                            await self._woken.wait()
        finally:
            await cancel_tasks([renewing, *self._tasks])

    async def _take_due(self) -> bool:
        """Whether something was taken."""
        free = self._shares.total - self._shares.in_use
        if free <= 0:
            return False
        claimed = await self._backlog.claim(self._durable, limit=free, room=self._shares.room)
        for message in claimed:
            self._shares.take(message.lane)
            self._under_way[message.id] = message
            task = asyncio.create_task(self._attempt(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(claimed)

    async def _attempt(self, message: Message) -> None:
        try:
            await self._handle(message)
        finally:
            del self._under_way[message.id]
            self._shares.release(message.lane)
            self._woken.set()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self._backlog.renew(list(self._under_way.values()))
            except PyMongoError as exc:
                log.warning("consumer.lease_not_renewed", consumer=self._durable, error=type(exc).__name__)
