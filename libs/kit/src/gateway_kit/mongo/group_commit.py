"""Work that waits at the same moment is written together: it shares round trips and an fsync."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from pymongo.errors import ConnectionFailure

from gateway_kit.logging import get_logger

log = get_logger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")
Group = list[tuple[Item, "asyncio.Future[Result]"]]

GROUP_MAX: Final = 64
_COLLISIONS_MAX: Final = 5


class GroupCommit(Generic[Item, Result]):
    """Collects items while earlier ones are being written, one group after another.

    A second group at the same time would compete for the same processors and documents, and both would be smaller:
    measured, that costs more than the wait for the disk gives back.

    Args:
        write: writes all items or none; one result for each, in their order. One that may fail in the middle has to
            know what it wrote when it is asked again.
        linger_s: how long the first of a group waits for others, where nobody waits for the result; else nobody waits
            for a group to fill.
        collisions: errors of a race, after which the same group is written again at once.
    """

    def __init__(
        self,
        write: Callable[[list[Item]], Awaitable[Sequence[Result]]],
        *,
        linger_s: float = 0,
        collisions: tuple[type[Exception], ...] = (),
    ) -> None:
        self._write = write
        self._linger_s = linger_s
        self._collisions = collisions
        self._queue: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """The item's result, once it is written.

        Raises:
            Exception: what the write of this item raised.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._queue:
                # At least one turn of the loop: whoever arrived with the same read of the socket joins the group.
                await asyncio.sleep(self._linger_s)
                await self._settle([self._queue.popleft() for _ in range(min(GROUP_MAX, len(self._queue)))])
        finally:
            self._writing = None

    async def _settle(self, group: "Group[Item, Result]") -> None:
        """Edge: whatever happens reaches those who wait. One bad item must not harm the others of its group."""
        try:
            results = await self._write_group([item for item, _ in group])
        except Exception as exc:
            # Without a database every single one would fail as well, each after its own wait.
            if len(group) > 1 and not isinstance(exc, ConnectionFailure):
                log.warning("group_commit.split", count=len(group), error=type(exc).__name__)
                for single in group:
                    await self._settle([single])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(exc)
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _write_group(self, items: list[Item]) -> Sequence[Result]:
        for _ in range(_COLLISIONS_MAX):
            try:
                return await self._write(items)
            except self._collisions as exc:
                log.info("group_commit.collision", count=len(items), error=type(exc).__name__)
        return await self._write(items)
