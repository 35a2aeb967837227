"""Follow events: those after a place, then each that comes, until the reader or the process goes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from admin_api.events.domain.place import Place
from admin_api.events.domain.query import EventQuery
from admin_api.events.ports import Events
from admin_api.events.use_cases.find_place import heads_for, last_place
from admin_api.events.use_cases.read_events import BATCH_MAX, Item, read_events
from gateway_contracts.topology import PUBLIC_STREAMS
from gateway_kit.http.event_streams import HEARTBEAT_S, Watcher

LOOK_S: Final = 0.5
"""Between two looks for new events; see ADR 0061."""
HEAD_AGE_S: Final = LOOK_S / 2
"""Many readers follow at the same time; one question to the bus answers all of them."""
STEP_MAX: Final = BATCH_MAX * len(PUBLIC_STREAMS)
"""Events that are held for a reader that takes them slowly: all that one read of the streams brings, because what is
not shown now is read from the bus again."""
RECHECK_S: Final = 30.0
"""Between two checks that the credential may still read."""

Recheck = Callable[[], Awaitable[None]]
"""Raises where the credential is refused by now."""


async def place_to_follow(query: EventQuery, cursor: str | None, *, events: Events) -> Place:
    """The place after the cursor; without one, now.

    Raises:
        Unreadable: the cursor is not of this organization and mode.
        Gone: events after it may be lost (``CURSOR_EXPIRED``).
        Transient: the bus does not answer.
    """
    if cursor is None:
        return await last_place(events)
    place = events.cursors.read(cursor, query.actor)
    # Here an error is still an answer of its own.
    await heads_for(place, query.actor, events)
    return place


async def follow_events(
    query: EventQuery, place: Place, watcher: Watcher, recheck: Recheck, *, events: Events
) -> AsyncGenerator[Item | Place, None]:
    """Each event as it comes, and now and then the place alone as a sign of life.

    Raises:
        Gone: the stream was lost meanwhile (``CURSOR_EXPIRED``).
        Transient: the bus does not answer.
        Rejected: the credential is refused by now.
    """
    access = _Due(RECHECK_S)
    heartbeat = _Due(HEARTBEAT_S)
    yield place
    while not watcher.is_closing:
        page = await read_events(query, place, STEP_MAX, events=events, max_age_s=HEAD_AGE_S)
        for item in page.items:
            # Also between the events of one step: a slow reader may take minutes for them.
            if access.is_due():
                await recheck()
            yield item
            heartbeat.restart()
        place = page.place
        if access.is_due():
            await recheck()
        if heartbeat.is_due():
            yield place
        if not page.has_more:
            await watcher.wait(LOOK_S)


@dataclass
class _Due:
    """Something that is due at intervals."""

    interval_s: float
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The interval begins now."""
        self._next = asyncio.get_running_loop().time() + self.interval_s

    def is_due(self) -> bool:
        """Whether the interval is over; then the next one begins."""
        if asyncio.get_running_loop().time() < self._next:
            return False
        self.restart()
        return True
