"""Runs attempts side by side: many in all, few per receiver, so that one slow merchant never delays another."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

from pymongo.errors import BulkWriteError, DuplicateKeyError

from gateway_kit.logging import get_logger
from gateway_kit.mongo.group_commit import GroupCommit
from ipn.domain.delivery import Attempted, Delivery
from ipn.domain.outcome import Outcome
from ipn.errors import StaleDelivery

log = get_logger(__name__)

# Two processes met on one lane; the loser reads again and goes on.
COLLISIONS: Final = (DuplicateKeyError, BulkWriteError, StaleDelivery)

SWEEP_INTERVAL_S: Final = 1.0
# A receiver that timed out or is overloaded gets this many at a time until it answers again.
PER_SLOW_TARGET: Final = 2
# Held in memory while a receiver's places are taken, so that a burst costs no round trips; more goes back to the
# database. Per receiver, and of all receivers together.
HELD_PER_TARGET_MAX: Final = 256
HELD_MAX: Final = 2_048
# A delivery that was held for so long that its lease might end during the attempt is left to the next sweep.
HELD_S_MAX: Final = 10.0
# The merchant has his notification; only the next one of the same lane waits for the outcome to be written.
RECORD_LINGER_S: Final = 0.25
# An outcome is worth keeping for as long as its lease runs; afterwards the delivery is sent again anyway.
_RECORD_DELAYS_S: Final = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)


class Work(Protocol):
    """What the dispatcher calls; the composition root binds the use cases."""

    async def send(self, delivery: Delivery) -> Outcome: ...

    async def record(self, results: list[Attempted]) -> list[Delivery]: ...

    async def claim(self, room: int, room_for: Callable[[str], int], busy: set[str]) -> list[Delivery]: ...

    async def release(self, deliveries: list[Delivery]) -> None: ...


class Dispatcher:
    """Attempts deliveries that are under our lease; `run` finds those whose time has come."""

    def __init__(self, work: Work, *, total: int, per_target: int) -> None:
        self._work = work
        self._total = total
        self._per_target = per_target
        self._running: Counter[str] = Counter()
        self._held: dict[str, deque[tuple[float, Delivery]]] = {}
        self._held_count = 0
        self._slow: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._recorder = GroupCommit(self._record_group, linger_s=RECORD_LINGER_S, collisions=COLLISIONS)
        self._wake = asyncio.Event()
        self._has_backlog = False

    def submit(self, deliveries: Iterable[Delivery]) -> None:
        """Attempt these now, or as soon as their receiver has a place. They are under our lease."""
        too_many = [delivery for delivery in deliveries if not self._take(delivery)]
        if too_many:
            self._has_backlog = True
            self._spawn(self._work.release(too_many))

    def room_for(self, target: str) -> int:
        """How many more attempts this receiver may get now."""
        limit = PER_SLOW_TARGET if target in self._slow else self._per_target
        return max(0, limit - self._running[target])

    async def run(self) -> None:
        """Sweep for ever: every second, and at once when a place becomes free while more was waiting."""
        while True:
            room = self._total - self._running.total()
            if room > 0:
                busy = {target for target in self._running if self.room_for(target) == 0}
                claimed = await self._work.claim(room, self.room_for, busy)
                self._has_backlog = bool(busy) or len(claimed) == room
                self.submit(claimed)
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), SWEEP_INTERVAL_S)
            except TimeoutError:
                continue

    def wake(self) -> None:
        """Something became due."""
        self._wake.set()

    async def drain(self) -> None:
        """Let running attempts end (at shutdown); what is only held stays under its lease, which runs out."""
        self._held.clear()
        self._held_count = 0
        while self._tasks:
            await asyncio.gather(*self._tasks)
            await asyncio.sleep(0)  # lets the finished ones leave the set

    def _take(self, delivery: Delivery) -> bool:
        """Start or hold it; false when there is no room for it here."""
        if self.room_for(delivery.target) > 0 and self._running.total() < self._total:
            self._start(delivery)
            return True
        held = self._held.setdefault(delivery.target, deque())
        if len(held) >= HELD_PER_TARGET_MAX or self._held_count >= HELD_MAX:
            return False
        held.append((time.monotonic(), delivery))
        self._held_count += 1
        return True

    def _start(self, delivery: Delivery) -> None:
        self._running[delivery.target] += 1
        self._spawn(self._attempt(delivery))

    def _spawn(self, job: Awaitable[None]) -> None:
        async def guarded() -> None:
            """Edge: a bug in one attempt must not pass unseen; its lease runs out and it is tried again."""
            try:
                await job
            except Exception as exc:
                log.exception("ipn.attempt_failed", error=type(exc).__name__)

        task = asyncio.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attempt(self, delivery: Delivery) -> None:
        try:
            outcome = await self._work.send(delivery)
            self._note(delivery.target, outcome)
        finally:
            self._finished(delivery.target)
        await self._keep_trying(delivery, outcome)

    def _note(self, target: str, outcome: Outcome) -> None:
        if outcome.is_slow:
            self._slow.add(target)
        else:
            self._slow.discard(target)

    def _finished(self, target: str) -> None:
        """Give the place to the next that is held for this receiver."""
        self._running[target] -= 1
        if self._running[target] <= 0:
            del self._running[target]
        self._start_held(target)
        if self._running.total() < self._total:
            # The whole might have been full: others may be held although their own receiver has room.
            for other in [key for key in self._held if key != target][:4]:
                self._start_held(other)
        if self._has_backlog:
            self._wake.set()

    def _start_held(self, target: str) -> None:
        held = self._held.get(target)
        while held and self.room_for(target) > 0 and self._running.total() < self._total:
            since, delivery = held.popleft()
            self._held_count -= 1
            if time.monotonic() - since < HELD_S_MAX:
                self._start(delivery)
        if not held:
            self._held.pop(target, None)

    async def _keep_trying(self, delivery: Delivery, outcome: Outcome) -> None:
        for delay_s in (*_RECORD_DELAYS_S, None):
            try:
                return await self._recorder.submit((delivery, outcome))
            except Exception as exc:
                if delay_s is None:
                    raise
                log.warning("ipn.record_failed", delivery_id=delivery.id, error=type(exc).__name__)
                await asyncio.sleep(delay_s)

    async def _record_group(self, results: list[Attempted]) -> list[None]:
        self.submit(await self._work.record(results))
        return [None] * len(results)
