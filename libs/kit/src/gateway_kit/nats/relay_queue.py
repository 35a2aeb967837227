"""Rows that wait for the bus, in memory: a lane per organization, an order per aggregate, a limit for everything.

A lane takes at most its share of the rows and bytes, and of the places on the way to the bus; rounds go over the lanes.
Of one aggregate a single row is on its way at a time. A row that failed holds up its own aggregate and nothing else.
"""

import heapq
from collections import Counter
from typing import Final

from gateway_kit.fairness import Rounds, Shares
from gateway_kit.mongo.outbox import OutboxRow

ROWS_MAX: Final = 10_000
ROWS_PER_LANE_MAX: Final = 2_500
ROWS_RESERVE: Final = 2_000
BYTES_MAX: Final = 64 * 1024 * 1024
BYTES_PER_LANE_MAX: Final = 16 * 1024 * 1024
# Rows on their way at the same time; those of one stream share an fsync.
WAY_MAX: Final = 600
WAY_PER_LANE_MAX: Final = 300
WAY_RESERVE: Final = 100

# A lane is filled up again from the database when less than this part of its share is taken.
_LOW: Final = 2

_Aggregate = tuple[str, str]


class RelayQueue:
    """Rows between their commit and their acknowledgement."""

    def __init__(self) -> None:
        self._rows: dict[_Aggregate, list[OutboxRow]] = {}
        self._ready: Rounds[_Aggregate] = Rounds(per_lane_max=ROWS_PER_LANE_MAX, total_max=ROWS_MAX)
        self._held: list[tuple[float, str, _Aggregate]] = []
        self._places = Shares(ROWS_MAX, per_lane=ROWS_PER_LANE_MAX, reserve=ROWS_RESERVE)
        self._ways = Shares(WAY_MAX, per_lane=WAY_PER_LANE_MAX, reserve=WAY_RESERVE)
        self._bytes: Counter[str] = Counter()
        self._bytes_in_all = 0
        self._ids: set[str] = set()

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._ids

    def count(self, lane: str) -> int:
        """Rows of that lane."""
        return self._places.held(lane)

    def is_low(self, lane: str) -> bool:
        """Whether the lane has room for many more rows."""
        return (
            self._places.held(lane) < ROWS_PER_LANE_MAX // _LOW
            and self._places.room(lane) > 0
            and self._bytes[lane] < BYTES_PER_LANE_MAX // _LOW
            and self._bytes_in_all < BYTES_MAX
        )

    @property
    def is_nearly_empty(self) -> bool:
        """Whether there is room for rows of any lane."""
        return len(self._ids) < ROWS_PER_LANE_MAX // _LOW and self._bytes_in_all < BYTES_PER_LANE_MAX // _LOW

    def offer(self, row: OutboxRow) -> bool:
        """Queue a row; false where its lane, or the whole, is full."""
        lane = row.organization_id
        if self._places.room(lane) == 0 or not self._has_bytes(lane, row.size):
            return False
        self._places.take(lane)
        self._bytes[lane] += row.size
        self._bytes_in_all += row.size
        self._ids.add(row.id)
        aggregate = (lane, row.entity_id)
        rows = self._rows.get(aggregate)
        if rows is None:
            self._rows[aggregate] = [row]
            self._ready.offer(lane, aggregate)
        else:
            rows.append(row)
            if row.id < rows[-2].id:
                # Another process left it behind. The first row stays where it is: it may be on its way.
                rows[1:] = sorted(rows[1:], key=_by_id)
        return True

    def _has_bytes(self, lane: str, size: int) -> bool:
        """A lane without rows may always have one: a row has no size that never fits."""
        held = self._bytes[lane]
        return held == 0 or (held + size <= BYTES_PER_LANE_MAX and self._bytes_in_all + size <= BYTES_MAX)

    @property
    def has_ready(self) -> bool:
        """Whether aggregates wait for their turn."""
        return len(self._ready) > 0

    def take(self) -> list[OutboxRow]:
        """The rows that go now, each the oldest of its aggregate."""
        taken = []
        for lane, aggregate in self._ready.take(WAY_MAX - self._ways.in_use, room=self._ways.room):
            self._ways.take(lane)
            taken.append(self._rows[aggregate][0])
        return taken

    def done(self, row: OutboxRow) -> None:
        """It needs nothing more; the next one of its aggregate may go."""
        aggregate = self._arrived(row)
        lane = row.organization_id
        rows = self._rows[aggregate]
        rows.pop(0)
        self._places.release(lane)
        self._bytes[lane] -= row.size
        self._bytes_in_all -= row.size
        if self._bytes[lane] <= 0:
            del self._bytes[lane]
        self._ids.discard(row.id)
        if rows:
            self._ready.offer(lane, aggregate)
        else:
            del self._rows[aggregate]

    def hold(self, row: OutboxRow, until: float) -> None:
        """It failed: its aggregate waits until that moment of the caller's clock."""
        heapq.heappush(self._held, (until, row.id, self._arrived(row)))

    def _arrived(self, row: OutboxRow) -> _Aggregate:
        aggregate = (row.organization_id, row.entity_id)
        self._ways.release(row.organization_id)
        return aggregate

    def release(self, now: float) -> float | None:
        """Let the aggregates go whose time has come; the moment of the next one."""
        while self._held and self._held[0][0] <= now:
            _, _, aggregate = heapq.heappop(self._held)
            self._ready.offer(aggregate[0], aggregate)
        return self._held[0][0] if self._held else None


def _by_id(row: OutboxRow) -> str:
    return row.id
