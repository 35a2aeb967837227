"""A pass over due rows of all tenants: in turns, several at a time, each inside its own guard (ADR 0033).

A row that fails is tried again after a growing delay and set aside after its tries; the attempt is counted before the
work, so that a process that dies of it counts too. Nothing that one row or one tenant does ends a pass or delays it for
the others.
"""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar

from pymongo.errors import ConnectionFailure

from gateway_contracts.clock import Clock
from gateway_contracts.errors import is_final
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.fairness import Shares
from gateway_kit.logging import get_logger
from gateway_kit.metrics import PASS_ROWS
from gateway_kit.set_aside import origin_of

log = get_logger(__name__)

Row = TypeVar("Row")
RowCo = TypeVar("RowCo", covariant=True)

_DELAY_FIRST: Final = timedelta(seconds=5)
_DELAY_MAX: Final = timedelta(hours=1)
_JITTER: Final = 0.2


class TriesExhausted(Exception):
    """A row was taken many times and no attempt at it ended: its process died, or was too slow, each time."""


@dataclass(frozen=True)
class Claimed:
    """A row that this process has for a while.

    Attributes:
        until: the end of its lease, as stored.
        tries: attempts at it since it was last dealt with, this one included.
        size: bytes of the row.
    """

    id: str
    organization_id: str
    until: datetime
    tries: int
    raw: dict[str, object]
    size: int


class DueRows(Protocol[RowCo]):
    """Rows of one collection that become due, under leases."""

    @property
    def source(self) -> str:
        """The collection."""
        ...

    async def next_tenant(self, after: str, now: datetime) -> str | None:
        """The next organization, in the order of their ids, that has a due row; None after the last."""
        ...

    async def claim(self, organization_id: str, now: datetime, lease: timedelta) -> Claimed | None:
        """The organization's row that is due longest; its attempt is counted durably."""
        ...

    def read(self, claimed: Claimed) -> RowCo:
        """The row as its work knows it; raises for one that cannot be read."""
        ...

    async def postpone(self, claimed: Claimed, until: datetime, *, failed: bool) -> None:
        """Look again then, unless the work has decided otherwise. Without ``failed`` its tries begin anew."""
        ...

    async def set_aside(self, claimed: Claimed, error: BaseException, now: datetime) -> None:
        """Look no more, until an operator redrives the row."""
        ...

    async def redrive(self, row_id: str, now: datetime) -> bool:
        """Make a row that was set aside due again, as it was; false where there is none."""
        ...


class Letters(Protocol):
    """Where letters about rows go (`gateway_kit.set_aside.SetAside`)."""

    async def put_row(
        self, source: str, row_id: str, *, organization_id: str, error: BaseException, size: int, attempts: int
    ) -> None: ...


@dataclass(frozen=True, kw_only=True)
class PassLimits:
    """Share of one process in a pass.

    Attributes:
        per_round: rows of one round, of all tenants; ``per_tenant`` of one.
        at_once: rows that are worked on at the same time; ``at_once_per_tenant`` of one tenant; ``reserve`` of the
            places are only for tenants without a row under way.
        deadline_s: for the work on one row.
        lease: how long a claim keeps other processes away; longer than the deadline.
        tries_max: attempts that fail before a row is set aside.
    """

    per_round: int = 1_000
    per_tenant: int = 100
    at_once: int = 32
    at_once_per_tenant: int = 4
    reserve: int = 8
    deadline_s: float = 60
    lease: timedelta = timedelta(minutes=2)
    tries_max: int = 12


class Pass(Generic[Row]):
    """Works on due rows.

    Args:
        name: for logs and metrics.
        rows: where they are.
        work: deals with one row. It settles the row itself (then it is no longer due), or returns when to look again.
        letters: takes the letter about a row before the row is set aside.
    """

    def __init__(
        self,
        name: str,
        *,
        rows: DueRows[Row],
        work: Callable[[Row], Awaitable[datetime | None]],
        clock: Clock,
        letters: Letters,
        limits: PassLimits | None = None,
    ) -> None:
        self._name = name
        self._rows = rows
        self._work = work
        self._clock = clock
        self._letters = letters
        self._limits = limits or PassLimits()
        if self._limits.lease.total_seconds() <= self._limits.deadline_s:
            raise ValueError("a lease must outlast the work")
        self._shares = Shares(
            self._limits.at_once, per_lane=self._limits.at_once_per_tenant, reserve=self._limits.reserve
        )
        self._under_way: set[asyncio.Task[None]] = set()
        self._after = ""

    @property
    def name(self) -> str:
        """For logs and metrics."""
        return self._name

    async def run(self, interval_s: float) -> None:
        """Round after round. What is still under way after the interval goes on beside the next round."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                await self.round(patience_s=interval_s)
                await asyncio.sleep(max(0.0, began + interval_s - loop.time()))
        finally:
            await cancel_tasks(list(self._under_way))

    async def round(self, *, patience_s: float | None = None) -> int:
        """Take the due rows of all tenants in turns; how many were taken.

        Args:
            patience_s: seconds after which it returns, whatever is still under way; None waits for all.
        """
        ends_at = None if patience_s is None else asyncio.get_running_loop().time() + patience_s
        taken = await self._take(await self._tenants(), ends_at)
        while self._under_way and await self._one_ended(ends_at):
            pass
        return taken

    async def _tenants(self) -> deque[str]:
        """Those with due rows; the round begins after the last one of the round before."""
        now, found = self._clock.now(), list[str]()
        start, has_wrapped, last = self._after, False, self._after
        while len(found) < self._limits.per_round:
            tenant = await self._rows.next_tenant(last, now)
            if tenant is not None and not (has_wrapped and tenant > start):
                found.append(tenant)
                last = tenant
            elif has_wrapped or not start:
                break
            else:
                has_wrapped, last = True, ""
        return deque(found)

    async def _take(self, lanes: deque[str], ends_at: float | None) -> int:
        taken, last = Counter[str](), ""
        while lanes and taken.total() < self._limits.per_round:
            lane = self._next_with_room(lanes)
            if lane is None:
                if await self._one_ended(ends_at):
                    continue
                break
            claimed = await self._rows.claim(lane, self._clock.now(), self._limits.lease)
            if claimed is None:
                continue
            self._start(claimed)
            last = lane
            taken[lane] += 1
            if taken[lane] < self._limits.per_tenant:
                lanes.append(lane)
        # The next round goes on where the places or the rows of this one ended.
        self._after = (last or self._after) if lanes else ""
        return taken.total()

    async def _one_ended(self, ends_at: float | None) -> bool:
        """Whether one more row was dealt with before that moment."""
        left_s = None if ends_at is None else max(0.0, ends_at - asyncio.get_running_loop().time())
        ended, _ = await asyncio.wait(self._under_way, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        return bool(ended)

    def _next_with_room(self, lanes: deque[str]) -> str | None:
        for _ in range(len(lanes)):
            if self._shares.room(lanes[0]) > 0:
                return lanes.popleft()
            lanes.rotate(-1)
        return None

    def _start(self, claimed: Claimed) -> None:
        self._shares.take(claimed.organization_id)
        task = asyncio.create_task(self._guarded(claimed))
        self._under_way.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._under_way.discard(task)
            self._shares.release(claimed.organization_id)

        task.add_done_callback(ended)

    async def _guarded(self, claimed: Claimed) -> None:
        """Edge: whatever comes of a row stays with the row."""
        outcome = "failed"
        try:
            outcome = await self._attempt(claimed)
        except ConnectionFailure as exc:
            # Nothing can be written: the lease runs out, and the row is taken again.
            log.warning("pass.database_away", name=self._name, error=type(exc).__name__)
        except Exception as exc:
            log.exception("pass.row_lost_sight_of", name=self._name, error=type(exc).__name__)
        finally:
            PASS_ROWS.labels(self._name, outcome).inc()

    async def _attempt(self, claimed: Claimed) -> str:
        if claimed.tries > self._limits.tries_max:
            return await self._set_aside(claimed, TriesExhausted())
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                again_at = await self._work(self._rows.read(claimed))
        except ConnectionFailure:
            raise
        except Exception as exc:
            return await self._failed(claimed, exc)
        if again_at is not None:
            await self._rows.postpone(claimed, again_at, failed=False)
        return "done"

    async def _failed(self, claimed: Claimed, exc: Exception) -> str:
        # What was refused would be refused every time.
        if is_final(exc) or claimed.tries >= self._limits.tries_max:
            return await self._set_aside(claimed, exc)
        delay = min(_DELAY_FIRST * 2 ** (claimed.tries - 1), _DELAY_MAX) * (1 + _JITTER * secrets.randbelow(100) / 100)
        log.warning(
            "pass.row_failed",
            name=self._name,
            row_id=claimed.id,
            organization_id=claimed.organization_id,
            tries=claimed.tries,
            error=type(exc).__name__,
            at=origin_of(exc),
        )
        await self._rows.postpone(claimed, self._clock.now() + delay, failed=True)
        return "failed"

    async def _set_aside(self, claimed: Claimed, error: Exception) -> str:
        """The letter first: a crash in between leaves one too many, never one too few."""
        await self._letters.put_row(
            self._rows.source,
            claimed.id,
            organization_id=claimed.organization_id,
            error=error,
            size=claimed.size,
            attempts=claimed.tries,
        )
        await self._rows.set_aside(claimed, error, self._clock.now())
        return "set_aside"
