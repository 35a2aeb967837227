"""Fair sharing of bounded work among lanes: round robin, a cap per lane, a reserve for the others (ADR 0024).

A lane is the unit whose backlog must wait behind itself: an organization, a provider account or a host. ``Shares``
decides who may start, ``Rounds`` decides what is next, and ``FairSlots`` combines both for coroutines that wait.
"""

import asyncio
import contextlib
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Busy(Exception):
    """No place: the lane's waiting line is full, its wait took too long, or the slots are closed."""


class Shares:
    """A fixed number of places.

    Args:
        total: places in all.
        per_lane: places that one lane may hold.
        reserve: the last free places are given only to lanes that hold none.
    """

    def __init__(self, total: int, *, per_lane: int, reserve: int) -> None:
        if not 0 < per_lane <= total or not 0 <= reserve < total:
            raise ValueError("a lane's cap and the reserve must fit into the total")
        self.total = total
        self.per_lane = per_lane
        self.reserve = reserve
        self._held: Counter[str] = Counter()
        self._in_use = 0

    @property
    def in_use(self) -> int:
        """Places that are taken."""
        return self._in_use

    def held(self, lane: str) -> int:
        """Places that this lane holds."""
        return self._held[lane]

    def room(self, lane: str) -> int:
        """How many more places this lane may take now."""
        free = self.total - self._in_use
        held = self._held[lane]
        open_to_lane = free - self.reserve
        if held == 0 and free > 0:
            open_to_lane = max(1, open_to_lane)
        return max(0, min(self.per_lane - held, open_to_lane))

    def take(self, lane: str) -> None:
        """Take a place; the caller has asked for `room` before."""
        self._held[lane] += 1
        self._in_use += 1

    def release(self, lane: str) -> None:
        """Give a place back."""
        self._in_use -= 1
        self._held[lane] -= 1
        if self._held[lane] <= 0:
            del self._held[lane]


class Rounds(Generic[Item]):
    """Waiting items in lanes; `take` goes round the lanes, one item each, first in first out within a lane.

    Args:
        per_lane_max: items that one lane may have waiting.
        total_max: items that may wait in all.
    """

    def __init__(self, *, per_lane_max: int, total_max: int) -> None:
        self._per_lane_max = per_lane_max
        self._total_max = total_max
        self._lanes: OrderedDict[str, deque[Item]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def lanes(self) -> int:
        """Lanes with waiting items."""
        return len(self._lanes)

    def waiting(self, lane: str) -> int:
        """Items of that lane."""
        return len(self._lanes.get(lane, ()))

    def offer(self, lane: str, item: Item) -> bool:
        """Queue an item; false when its lane, or the whole, is full."""
        line = self._lanes.get(lane)
        if self._count >= self._total_max or (line is not None and len(line) >= self._per_lane_max):
            return False
        if line is None:
            line = self._lanes[lane] = deque()
        line.append(item)
        self._count += 1
        return True

    def take(self, count: int, *, room: Callable[[str], int] | None = None) -> list[tuple[str, Item]]:
        """Up to ``count`` items in turns; the next call goes on with the lane after the last one.

        Args:
            count: items at most.
            room: how many items of a lane may be taken; without it there is no cap.
        """
        taken: list[tuple[str, Item]] = []
        left = {lane: (count if room is None else room(lane)) for lane in self._lanes}
        passed = 0
        while len(taken) < count and passed < len(self._lanes):
            lane, line = next(iter(self._lanes.items()))
            self._lanes.move_to_end(lane)
            if left[lane] <= 0:
                passed += 1
                continue
            passed = 0
            left[lane] -= 1
            taken.append((lane, line.popleft()))
            self._count -= 1
            if not line:
                del self._lanes[lane]
        return taken

    def remove(self, lane: str, item: Item) -> bool:
        """Take one item out of its turn; false when it is not waiting."""
        line = self._lanes.get(lane)
        if line is None or item not in line:
            return False
        line.remove(item)
        self._count -= 1
        if not line:
            del self._lanes[lane]
        return True

    def drain(self) -> list[tuple[str, Item]]:
        """Everything that waits, in turns; afterwards nothing does."""
        return self.take(self._count)


class FairSlots:
    """Places for coroutines: a free one goes to the next lane in turn that may have it.

    Args:
        shares: the places.
        waiting_per_lane: coroutines of one lane that may wait for a place.
        waiting_total: coroutines that may wait in all.
    """

    def __init__(self, shares: Shares, *, waiting_per_lane: int, waiting_total: int) -> None:
        self._shares = shares
        self._waiting: Rounds[asyncio.Future[None]] = Rounds(per_lane_max=waiting_per_lane, total_max=waiting_total)
        self._is_closed = False

    @property
    def in_use(self) -> int:
        """Places that are taken."""
        return self._shares.in_use

    @property
    def waiting(self) -> int:
        """Coroutines that wait for a place."""
        return len(self._waiting)

    def waiting_of(self, lane: str) -> int:
        """Coroutines of that lane that wait."""
        return self._waiting.waiting(lane)

    @property
    def waiting_lanes(self) -> int:
        """Lanes with waiting coroutines."""
        return self._waiting.lanes

    @contextlib.asynccontextmanager
    async def place(self, lane: str, *, timeout_s: float | None = None) -> AsyncIterator[None]:
        """Hold a place while the body runs.

        Raises:
            Busy: the waiting line is full, the time is over, or the slots are closed.
        """
        await self._acquire(lane, timeout_s)
        try:
            yield
        finally:
            self._shares.release(lane)
            self._hand_out()

    def close(self) -> None:
        """Refuse those who wait and those who come; places that are held stay held."""
        self._is_closed = True
        for _, waiter in self._waiting.drain():
            if not waiter.done():
                waiter.set_exception(Busy("closed"))

    async def _acquire(self, lane: str, timeout_s: float | None) -> None:
        if self._is_closed:
            raise Busy("closed")
        if self._waiting.waiting(lane) == 0 and self._shares.room(lane) > 0:
            self._shares.take(lane)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self._waiting.offer(lane, waiter):
            raise Busy("the waiting line is full")
        try:
            async with asyncio.timeout(timeout_s):
                await waiter
        except BaseException as exc:
            self._abandon(lane, waiter)
            if isinstance(exc, TimeoutError):
                raise Busy("no place in time") from exc
            raise

    def _abandon(self, lane: str, waiter: "asyncio.Future[None]") -> None:
        """A waiter that leaves may have been given its place at the same moment."""
        if self._waiting.remove(lane, waiter):
            return
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self._shares.release(lane)
            self._hand_out()

    def _hand_out(self) -> None:
        while len(self._waiting):
            given = self._waiting.take(1, room=self._shares.room)
            if not given:
                return
            lane, waiter = given[0]
            if not waiter.done():
                self._shares.take(lane)
                waiter.set_result(None)
