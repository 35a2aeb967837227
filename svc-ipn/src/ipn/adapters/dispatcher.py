"""Runs attempts side by side, so that one organization or receiver never delays another (ADR 0030)."""

import asyncio
import time
from collections.abc import Awaitable, Iterable, Sequence
from typing import Final, Protocol

from gateway_kit.logging import get_logger
from gateway_kit.mongo.errors import COLLISIONS, UNREACHABLE
from gateway_kit.mongo.group_commit import GroupCommit
from ipn.adapters.held import Held
from ipn.adapters.places import PlaceLimits, Places
from ipn.domain.delivery import Attempted, Delivery, Stuck, stuck_of
from ipn.domain.outcome import Outcome
from ipn.errors import AttemptsNotRecorded, Unprocessable
from ipn.ports import Claimed
from ipn.ports import Places as PlacesPort

log = get_logger(__name__)

SWEEP_INTERVAL_S: Final = 1.0
# Between two sweeps while there is a backlog: several places become free in it, and one sweep serves them all.
SWEEP_PAUSE_S: Final = 0.01
# The merchant has his notification; only the next one of the same queue waits for the outcome to be written.
RECORD_LINGER_S: Final = 0.25
# An outcome is worth keeping for as long as its lease runs; afterwards the delivery is sent again anyway.
_RECORD_DELAYS_S: Final = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
# One free place may make room for more than one delivery: an organization that is no longer slow gets all of its own.
_STARTS_PER_PLACE: Final = 4


class Work(Protocol):
    """The use cases, bound by the composition root."""

    async def send(self, delivery: Delivery) -> Outcome | None:
        """The outcome; None where it was not sent, because it is pointless by now."""
        ...

    async def drop(self, delivery: Delivery) -> list[Delivery]:
        """End what was not sent; returns what follows in its queue."""
        ...

    async def record(self, results: list[Attempted]) -> list[Delivery]: ...

    async def claim(self, places: PlacesPort) -> Claimed: ...

    def became_due(self) -> None: ...

    async def take_back_lost(self) -> list[Stuck]: ...

    async def release(self, deliveries: list[Delivery]) -> None: ...

    async def set_aside(self, stuck: Stuck, error: Exception) -> list[Delivery]: ...


class Dispatcher:
    """Attempts deliveries that are under our lease; `run` finds those whose time has come."""

    def __init__(self, work: Work, limits: PlaceLimits) -> None:
        self._work = work
        self.places = Places(limits)
        self._held = Held(self.places)
        self._tasks: set[asyncio.Task[None]] = set()
        self._recorder = GroupCommit(
            self._record_group,
            linger_s=RECORD_LINGER_S,
            collisions=COLLISIONS,
            lane=lambda attempted: attempted[0].organization_id,
        )
        self._wake = asyncio.Event()
        self._has_backlog = False
        self._is_draining = False

    def submit(self, deliveries: Iterable[Delivery]) -> None:
        """Attempt these now, or as soon as they have a place. They are under our lease."""
        too_many = [delivery for delivery in deliveries if not self._accept(delivery)]
        if too_many:
            self._has_backlog = True
            self._spawn(self._work.release(too_many))

    async def run(self) -> None:
        """Sweep without end: every second, and soon after a place became free while more was waiting."""
        tidied_at = float("-inf")
        while True:
            if time.monotonic() - tidied_at >= SWEEP_INTERVAL_S:
                tidied_at = time.monotonic()
                await self._tidy()
            self._wake.clear()
            claimed = await self._work.claim(self.places)
            self._has_backlog = claimed.is_more
            self.submit(claimed.deliveries)
            self._set_all_aside(claimed.unreadable)
            await asyncio.sleep(SWEEP_PAUSE_S)
            if claimed.deliveries and claimed.is_more:
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), SWEEP_INTERVAL_S)
            except TimeoutError:
                continue

    def wake(self) -> None:
        """Something became due."""
        self._work.became_due()
        self._wake.set()

    async def drain(self) -> None:
        """Give back what is only held, and let running attempts end (at shutdown)."""
        self._is_draining = True
        if held := self._held.drain():
            self._spawn(self._work.release(held))
        while self._tasks:
            await asyncio.gather(*self._tasks)
            await asyncio.sleep(0)  # lets the finished ones leave the set

    async def _tidy(self) -> None:
        """Give back deliveries that were held too long or lost; set those aside that were lost too often."""
        if expired := self._held.expired():
            await self._work.release(expired)
        error = AttemptsNotRecorded("leases ended without a record")
        self._set_all_aside([(stuck, error) for stuck in await self._work.take_back_lost()])

    def _accept(self, delivery: Delivery) -> bool:
        """Start or hold it; false when there is no room for it here."""
        if self._has_place(delivery):
            self._start(delivery)
            return True
        return not self._is_draining and self._held.offer(delivery)

    def _has_place(self, delivery: Delivery) -> bool:
        organization_id, places = delivery.organization_id, self.places
        return places.room(organization_id) > 0 and places.room_at(organization_id, delivery.target) > 0

    def _start(self, delivery: Delivery) -> None:
        self.places.take(delivery.organization_id, delivery.target)
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
            if outcome is not None:
                self.places.note(delivery.organization_id, delivery.target, is_slow=outcome.is_slow)
        except Unprocessable as exc:
            return await self._set_aside(stuck_of(delivery), exc)
        finally:
            self._finished(delivery)
        if outcome is None:
            return self.submit(await self._work.drop(delivery))
        await self._keep_trying(delivery, outcome)

    def _finished(self, delivery: Delivery) -> None:
        """Give the place to the next that is held."""
        self.places.release(delivery.organization_id, delivery.target)
        for _ in range(_STARTS_PER_PLACE):
            following = self._held.next() or self._held.next_at(delivery.organization_id, delivery.target)
            if following is None:
                break
            self._start(following)
        if self._has_backlog:
            self._wake.set()

    async def _keep_trying(self, delivery: Delivery, outcome: Outcome) -> None:
        """Write the outcome. One that cannot be written although the database answers sets its delivery aside."""
        for delay_s in (*_RECORD_DELAYS_S, None):
            try:
                return await self._recorder.submit((delivery, outcome))
            except Exception as exc:
                if delay_s is None:
                    if isinstance(exc, UNREACHABLE):
                        raise
                    return await self._set_aside(stuck_of(delivery), exc)
                log.warning("ipn.record_failed", delivery_id=delivery.id, error=type(exc).__name__)
                await asyncio.sleep(delay_s)

    def _set_all_aside(self, found: Sequence[tuple[Stuck, Exception]]) -> None:
        async def one_by_one() -> None:
            """Edge: one that fails keeps its lease until it is found again; the others are set aside."""
            for stuck, error in found:
                try:
                    await self._set_aside(stuck, error)
                except Exception as exc:
                    log.exception("ipn.set_aside_failed", delivery_id=stuck.id, error=type(exc).__name__)

        if found:
            self._spawn(one_by_one())

    async def _set_aside(self, stuck: Stuck, error: Exception) -> None:
        self.submit(await self._work.set_aside(stuck, error))

    async def _record_group(self, results: list[Attempted]) -> list[None]:
        self.submit(await self._work.record(results))
        return [None] * len(results)
