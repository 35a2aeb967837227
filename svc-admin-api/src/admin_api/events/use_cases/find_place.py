"""Find the place from which events are read."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from admin_api.events.domain.place import Place, Position
from admin_api.events.domain.query import EARLY, EventQuery
from admin_api.events.ports import Events
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Gone
from gateway_contracts.topology import PUBLIC_STREAMS, stream
from gateway_kit.nats.stream_reader import StreamHead

KEPT: Final = max(stream(name).max_age for name in PUBLIC_STREAMS)
"""How long events can be read."""
_UNCERTAIN: Final = 1_000
"""Messages at the end of a stream that a replica may not have received."""

Heads = Mapping[str, StreamHead]


async def read_heads(events: Events, *, max_age_s: float = 0.0) -> Heads:
    """First and last message of each public stream.

    Raises:
        Transient: the bus does not answer.
    """
    heads = await asyncio.gather(*(events.log.head(name, max_age_s=max_age_s) for name in PUBLIC_STREAMS))
    return dict(zip(PUBLIC_STREAMS, heads, strict=True))


async def heads_for(place: Place, actor: Actor, events: Events, *, max_age_s: float = 0.0) -> Heads:
    """The same, where everything after the place is kept.

    Raises:
        Gone: events after the place may be lost (``CURSOR_EXPIRED``).
        Transient: the bus does not answer.
    """
    heads = await read_heads(events, max_age_s=max_age_s)
    if _lost(place, heads):
        # What another process saw may be newer than an answer that was kept for a moment.
        heads = await read_heads(events)
        if lost := _lost(place, heads):
            raise cursor_expired(place, lost, heads, actor, events)
    return heads


def _lost(place: Place, heads: Heads) -> frozenset[str]:
    return frozenset(name for name, at in place.positions.items() if name in heads and not _is_kept(at, heads[name]))


def _is_kept(at: Position, head: StreamHead) -> bool:
    return at.epoch == head.epoch and head.first - 1 <= at.sequence <= head.last


def cursor_expired(place: Place, lost: frozenset[str], heads: Heads, actor: Actor, events: Events) -> Gone:
    """The error, with a cursor that goes on: the lost streams from their beginning, the others where they were."""
    start = {name: at for name, at in place.positions.items() if name not in lost}
    fresh = Place({name: start.get(name, _beginning(head)) for name, head in heads.items()}, place.time)
    return Gone(
        "events after this cursor are not kept any more; continue with resumeCursor",
        code="CURSOR_EXPIRED",
        resumeCursor=events.cursors.write(fresh, actor),
        missingFrom=place.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )


def _beginning(head: StreamHead) -> Position:
    return Position(head.epoch, head.first - 1)


def completed(place: Place, heads: Heads) -> Place:
    """With the beginning of streams that the place does not name: they were added after it was written."""
    known = {name: place.positions.get(name, _beginning(head)) for name, head in heads.items()}
    return Place(known, place.time)


async def first_place(query: EventQuery, events: Events) -> Place:
    """Before everything that is kept, or that the query's period has.

    Raises:
        Transient: the bus does not answer.
    """
    heads = await read_heads(events)
    since = query.filters.since
    if since is None:
        oldest = {name: _beginning(head) for name, head in heads.items()}
        return Place(oldest, events.clock.now() - KEPT)
    starts = await asyncio.gather(*(_start(name, head, since, events) for name, head in heads.items()))
    return Place(dict(zip(heads, starts, strict=True)), since)


async def _start(name: str, head: StreamHead, since: datetime, events: Events) -> Position:
    if head.first > head.last:
        return _beginning(head)
    found = await events.log.first_since(name, since - EARLY)
    # Too early a start costs a read and is no fault: the filter by time leaves out what it finds.
    sequence = head.last - _UNCERTAIN if found is None else found - 1
    return Position(head.epoch, min(head.last, max(head.first - 1, sequence)))


async def last_place(events: Events) -> Place:
    """After everything that is there.

    Raises:
        Transient: the bus does not answer.
    """
    now = events.clock.now()
    heads = await read_heads(events)
    return Place({name: Position(head.epoch, head.last) for name, head in heads.items()}, now)
