"""Work that waits at the same moment is written together: it shares round trips and an fsync."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from pymongo.errors import ConnectionFailure

from gateway_kit.logging import get_logger
from gateway_kit.mongo.group_queue import Group, GroupQueue, halves

log = get_logger(__name__)

Item = TypeVar("Item")
Result = TypeVar("Result")

GROUP_MAX: Final = 64
_COLLISIONS_MAX: Final = 5


class GroupCommit(Generic[Item, Result]):
    """Collects items while earlier ones are being written, one group after another.

    A second group at the same time would compete for the same processors and documents, and both would be smaller:
    measured, that costs more than the wait for the disk gives back.

    A group that fails is split between lanes (tenants) until the one with the bad item is alone: the others are
    written at once, with at most two writes per halving. The lane that failed is then written apart, in turns with the
    common groups, until enough of its items were written: it slows itself alone.

    Args:
        write: writes all items or none; one result for each, in their order. One that may fail in the middle has to
            know what it wrote when it is asked again.
        linger_s: how long the first of a group waits for others, where no caller waits for the result; else none waits
            for a group to fill.
        collisions: errors of a race, after which the same group is written again at once.
        lane: whose item it is; by default all items are of one lane.
    """

    def __init__(
        self,
        write: Callable[[list[Item]], Awaitable[Sequence[Result]]],
        *,
        linger_s: float = 0,
        collisions: tuple[type[Exception], ...] = (),
        lane: Callable[[Item], str] = lambda item: "",
    ) -> None:
        self._write = write
        self._linger_s = linger_s
        self._collisions = collisions
        self._lane = lane
        self._queue: GroupQueue[Item, Result] = GroupQueue(GROUP_MAX)
        self._writing: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """The item's result, once it is written.

        Raises:
            Exception: what the write of this item raised.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.add(self._lane(item), item, future)
        if self._writing is None:
            self._writing = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        try:
            while self._queue:
                # At least one turn of the loop: items of the same read of the socket join the group.
                await asyncio.sleep(self._linger_s)
                if group := self._queue.next_common():
                    await self._settle(group)
                if apart := self._queue.next_apart():
                    lane, group = apart
                    await self._settle_apart(lane, group)
        finally:
            self._writing = None

    async def _settle(self, group: Group[Item, Result]) -> None:
        """Write the lanes of a group together; without success each half of the lanes, down to single ones."""
        failure = await self._attempt(group)
        if failure is None or isinstance(failure, ConnectionFailure):
            # Without a database every single one would fail as well, each after its own wait.
            _end(group, failure)
            return
        lanes = list(dict.fromkeys(lane for lane, _, _ in group))
        if len(lanes) == 1:
            self._failed_alone(lanes[0], group, failure)
            return
        log.warning("group_commit.split", count=len(group), lanes=len(lanes), error=type(failure).__name__)
        for half in map(frozenset, halves(lanes)):
            await self._settle([entry for entry in group if entry[0] in half])

    async def _settle_apart(self, lane: str, group: Group[Item, Result]) -> None:
        failure = await self._attempt(group)
        if failure is None or isinstance(failure, ConnectionFailure):
            _end(group, failure)
            self._queue.written(lane, len(group) if failure is None else 0)
            return
        self._failed_alone(lane, group, failure)

    def _failed_alone(self, lane: str, group: Group[Item, Result], failure: Exception) -> None:
        """A bad item must not harm the others of its lane either: its halves wait for their turns."""
        self._queue.set_apart(lane, [] if len(group) == 1 else halves(group))
        if len(group) == 1:
            _end(group, failure)

    async def _attempt(self, group: Group[Item, Result]) -> Exception | None:
        """Edge: whatever happens reaches those who wait."""
        try:
            results = await self._write_group([item for _, item, _ in group])
        except Exception as exc:
            return exc
        for (_, _, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)
        return None

    async def _write_group(self, items: list[Item]) -> Sequence[Result]:
        for _ in range(_COLLISIONS_MAX):
            try:
                return await self._write(items)
            except self._collisions as exc:
                log.info("group_commit.collision", count=len(items), error=type(exc).__name__)
        return await self._write(items)


def _end(group: Group[Item, Result], failure: Exception | None) -> None:
    for _, _, future in group:
        if failure is not None and not future.done():
            future.set_exception(failure)
