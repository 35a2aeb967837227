"""Finds pending rows that are not in memory, one organization after the other.

A crash or another process leaves rows behind; a lane that is full leaves its further rows to the database. Such a lane
is *behind*: until the database holds nothing of it that memory does not, rows that are nudged are not queued, so that
none overtakes an older one of its aggregate.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gateway_kit.logging import get_logger
from gateway_kit.mongo.outbox import Document, Outbox, OutboxRow, read_row
from gateway_kit.nats.relay_marks import RelayMarks
from gateway_kit.nats.relay_queue import RelayQueue

log = get_logger(__name__)

# Rows of one organization that one look reads at most, beyond those that are known.
ROWS_READ_MAX: Final = 1_000


@dataclass
class _Behind:
    """A lane whose rows are not all in memory.

    Attributes:
        read_to: the last row that was read; empty: the next look begins with the oldest.
        is_missing: a row was passed over since the last look began.
    """

    read_to: str = ""
    is_missing: bool = True


@dataclass(frozen=True)
class _Look:
    """``stopped``: the memory is full, or the database does not answer."""

    read_to: str
    end: Literal["complete", "more", "stopped"]


class RelaySweep:
    """The way from the collection into the queue. A lane is an organization, None for rows of earlier versions."""

    def __init__(self, outbox: Outbox, queue: RelayQueue, marks: RelayMarks, wake: asyncio.Event) -> None:
        self._outbox = outbox
        self._queue = queue
        self._marks = marks
        self._wake = wake
        self._behind: dict[str | None, _Behind] = {}
        self._wanted = asyncio.Event()
        self.is_stopping = False

    def stop(self) -> None:
        """End after the query that is under way."""
        self.is_stopping = True
        self._wanted.set()

    def offer(self, row: OutboxRow) -> None:
        """A row was committed: queue it, or leave it to the next look at its lane."""
        lane = row.organization_id
        if lane not in self._behind and self._queue.offer(row):
            return
        self._behind.setdefault(lane, _Behind()).is_missing = True
        self.made_room(lane)

    def made_room(self, lane: str) -> None:
        """Rows of that lane left the memory."""
        if self._behind and (None in self._behind or (lane in self._behind and self._has_room(lane))):
            self._wanted.set()

    async def wanted(self, timeout_s: float) -> None:
        """Return when a lane that is behind has room, or after that time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._wanted.wait()
        self._wanted.clear()

    async def refill(self) -> None:
        """Read on for the lanes that are behind and have room."""
        for lane, behind in list(self._behind.items()):
            while not self.is_stopping and self._has_room(lane) and await self._read_on(lane, behind):
                pass

    async def all(self, written_before: datetime) -> None:
        """Queue what is pending since then and not known here: of every lane the oldest, up to a limit."""
        try:
            lanes = [lane for lane, oldest in await self._outbox.lanes() if oldest <= written_before]
        except Exception as exc:
            log.warning("outbox.sweep_failed", error=type(exc).__name__)
            return
        for lane in lanes:
            if not self.is_stopping and self._has_room(lane):
                look = await self._look(lane, self._known(lane) + ROWS_READ_MAX, written_before=written_before)
                if look.end != "complete":
                    self._behind.setdefault(lane, _Behind(look.read_to))
                    self._wanted.set()

    def _has_room(self, lane: str | None) -> bool:
        return self._queue.is_nearly_empty if lane is None else self._queue.is_low(lane)

    async def _read_on(self, lane: str | None, behind: _Behind) -> bool:
        """The next rows of a lane that is behind; whether there may be more.

        Rows may become visible in another order than that of their ids, so the last look begins with the oldest again.
        """
        if behind.read_to:
            look = await self._look(lane, ROWS_READ_MAX, after=behind.read_to)
            behind.read_to = "" if look.end == "complete" else look.read_to
            return look.end != "stopped"
        behind.is_missing = False
        look = await self._look(lane, self._known(lane) + ROWS_READ_MAX)
        if look.end != "complete":
            behind.read_to = look.read_to
        elif not behind.is_missing:
            del self._behind[lane]
        return look.end == "more"

    def _known(self, lane: str | None) -> int:
        return len(self._marks) + (len(self._queue) if lane is None else self._queue.count(lane))

    async def _look(
        self, lane: str | None, limit: int, *, after: str = "", written_before: datetime | None = None
    ) -> _Look:
        read, last = 0, after
        try:
            async with contextlib.aclosing(self._outbox.pending(lane, limit, after=after)) as documents:
                async for document in documents:
                    read += 1
                    if not self._is_left(document, written_before) and not self._queue.offer(read_row(document)):
                        return _Look(last, "stopped")
                    last = document["_id"]
        except Exception as exc:
            log.warning("outbox.sweep_failed", error=type(exc).__name__)
            return _Look(last, "stopped")
        finally:
            self._wake.set()
        return _Look(last, "complete" if read < limit else "more")

    def _is_left(self, document: Document, written_before: datetime | None) -> bool:
        """Known here, or too young to have been left behind."""
        identifier = document["_id"]
        if written_before is not None and document["created_at"] > written_before:
            return True
        return identifier in self._queue or identifier in self._marks
