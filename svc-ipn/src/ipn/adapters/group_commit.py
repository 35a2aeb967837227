"""Work that waits at the same moment is written in one transaction, so that it shares one fsync."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from pymongo.errors import BulkWriteError, DuplicateKeyError, PyMongoError

from gateway_contracts.errors import Transient
from gateway_kit.logging import get_logger
from ipn.errors import StaleDelivery

log = get_logger(__name__)

Item = TypeVar("Item")

GROUP_MAX: Final = 64
# Two groups at a time: while one waits for the disk, the next is prepared.
PARALLEL: Final = 2
# Two processes met on one lane; the loser reads again and goes on.
_COLLISIONS: Final = (DuplicateKeyError, BulkWriteError, StaleDelivery)
_COLLISIONS_MAX: Final = 5


class GroupCommit(Generic[Item]):
    """Collects items while earlier ones are being written; nobody waits for a group to fill."""

    def __init__(self, write: Callable[[list[Item]], Awaitable[None]]) -> None:
        self._write = write
        self._queue: deque[tuple[Item, asyncio.Future[None]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing = 0

    async def submit(self, item: Item) -> None:
        """Until the item is written.

        Raises:
            Exception: what the write raised.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._writing < PARALLEL:
            self._writing += 1
            task = asyncio.create_task(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await future

    async def _drain(self) -> None:
        try:
            while self._queue:
                await self._settle([self._queue.popleft() for _ in range(min(GROUP_MAX, len(self._queue)))])
        finally:
            self._writing -= 1

    async def _settle(self, group: list[tuple[Item, "asyncio.Future[None]"]]) -> None:
        """Edge: whatever happens reaches those who wait. One bad item must not harm the others of its group."""
        try:
            await self._write_group([item for item, _ in group])
        except Exception as exc:
            if len(group) > 1 and not isinstance(exc, PyMongoError | Transient):
                log.warning("group_commit.split", count=len(group), error=type(exc).__name__)
                for single in group:
                    await self._settle([single])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(exc)
            return
        for _, future in group:
            if not future.done():
                future.set_result(None)

    async def _write_group(self, items: list[Item]) -> None:
        for _ in range(_COLLISIONS_MAX):
            try:
                return await self._write(items)
            except _COLLISIONS as exc:
                log.info("group_commit.collision", count=len(items), error=type(exc).__name__)
        await self._write(items)
