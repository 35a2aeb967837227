"""Read events after a place, oldest first: bounded work, whatever the filters leave out."""

import asyncio
import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from admin_api.events.domain.place import Place
from admin_api.events.domain.public_event import PublicEvent, read_event
from admin_api.events.domain.query import EventQuery
from admin_api.events.ports import Events
from admin_api.events.use_cases.find_place import Heads, completed, first_place, heads_for
from gateway_contracts.pages import PAGE_BYTES_MAX
from gateway_kit.logging import get_logger
from gateway_kit.nats.stream_reader import Batch, StoredMessage

log = get_logger(__name__)

READ_MAX: Final = 200
"""Messages of one stream that one request reads, of which filters may leave out most."""
BATCH_MAX: Final = 100
"""The same where all of them are shown."""

_Step = tuple[datetime, str, StoredMessage]


@dataclass(frozen=True)
class Item:
    """One event, and the place after it."""

    event: PublicEvent
    place: Place


@dataclass(frozen=True)
class EventPage:
    """Events in order.

    Attributes:
        place: after everything that was read, which is more than the events where filters left some out.
        has_more: whether there was more to read.
    """

    items: tuple[Item, ...]
    place: Place
    has_more: bool


async def list_events(query: EventQuery, cursor: str | None, limit: int, *, events: Events) -> EventPage:
    """Events after the cursor, without one from the beginning.

    Raises:
        Unreadable: the cursor is not of this organization and mode.
        Gone: events after it may be lost (``CURSOR_EXPIRED``).
        Transient: the bus does not answer.
    """
    place = await first_place(query, events) if cursor is None else events.cursors.read(cursor, query.actor)
    return await read_events(query, place, limit, events=events)


async def read_events(
    query: EventQuery, place: Place, limit: int, *, events: Events, max_age_s: float = 0.0
) -> EventPage:
    """As `list_events`, after a place; the end of a stream may have been asked for so many seconds ago."""
    asked_at = events.clock.now()
    heads = await heads_for(place, query.actor, events, max_age_s=max_age_s)
    place = completed(place, heads)
    batches = dict(zip(heads, await asyncio.gather(*_reads(query, place, heads, limit, events)), strict=True))
    return _merged(query, place, {name: _within(query, batch) for name, batch in batches.items()}, limit, asked_at)


def _reads(
    query: EventQuery, place: Place, heads: Heads, limit: int, events: Events
) -> Iterator[asyncio.Future[Batch]]:
    most = READ_MAX if query.filters.leave_out else min(limit, BATCH_MAX)
    for name, head in heads.items():
        subject = query.subject(name)
        after = place.positions[name].sequence
        if subject is None:
            # Nothing of it is asked for: it is read as far as it goes, so that its position does not grow old.
            passed: asyncio.Future[Batch] = asyncio.get_running_loop().create_future()
            passed.set_result(Batch((), max(after, head.last), is_end=True))
            yield passed
        else:
            yield asyncio.ensure_future(events.log.read(name, subject, after=after, head=head, limit=most))


def _within(query: EventQuery, batch: Batch) -> Batch:
    """The batch as far as the query's period can have events."""
    messages = tuple(message for message in batch.messages if not query.is_over(message.stored_at))
    if len(messages) == len(batch.messages):
        return batch
    return Batch(messages, messages[-1].sequence if messages else 0, is_end=True)


def _merged(query: EventQuery, place: Place, batches: Mapping[str, Batch], limit: int, asked_at: datetime) -> EventPage:
    """In the order of storing; streams that have more than their batch are followed to its end and no further."""
    items: list[Item] = []
    size = 0
    horizon = min((_key(name, batch.messages[-1]) for name, batch in batches.items() if not batch.is_end), default=None)
    steps = heapq.merge(*(_steps(name, batch) for name, batch in batches.items()), key=lambda step: _key(*step[1:]))
    for stored_at, name, message in steps:
        is_full = len(items) == limit or (size > 0 and size + len(message.body) > PAGE_BYTES_MAX)
        if is_full or (horizon is not None and _key(name, message) > horizon):
            return EventPage(tuple(items), place, has_more=True)
        place = place.moved(name, message.sequence, stored_at)
        event = _readable(name, message) if query.may_show(message.body) else None
        if event is not None and query.shows(event):
            items.append(Item(event, place))
            size += len(message.body)
    if horizon is not None:
        return EventPage(tuple(items), place, has_more=True)
    for name, batch in batches.items():
        place = place.moved(name, max(place.positions[name].sequence, batch.read_to), place.time)
    # With a period, what is later than it was not read.
    time = place.time if query.filters.before else max(place.time, asked_at)
    return EventPage(tuple(items), replace(place, time=time), has_more=False)


def _steps(name: str, batch: Batch) -> Iterator[_Step]:
    for message in batch.messages:
        yield message.stored_at, name, message


def _key(name: str, message: StoredMessage) -> tuple[datetime, str, int]:
    return message.stored_at, name, message.sequence


def _readable(name: str, message: StoredMessage) -> PublicEvent | None:
    try:
        return read_event(message.body)
    except ValueError as exc:
        # One that no version can read must not hold up the others for 30 days.
        log.error("events.unreadable", stream=name, sequence=message.sequence, error=type(exc).__name__)
        return None
