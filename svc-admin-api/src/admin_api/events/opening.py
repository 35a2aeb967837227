"""Composition of the event stream."""

from typing import Final

from admin_api.events.adapters.cursors import SealedCursors
from admin_api.events.ports import EventLog, Events
from gateway_contracts.clock import Clock
from gateway_kit.fairness import FairSlots, Shares
from gateway_kit.http.event_streams import OpenStreams

SEARCHES_MAX: Final = 8
"""Searches for an id at the same time, one for each organization."""
_WAITING_PER_ORGANIZATION: Final = 8
_WAITING: Final = 256


def open_events(log: EventLog, clock: Clock, *, system_search_hash_key: str, streams_max: int) -> Events:
    """The ports around events.

    Args:
        streams_max: open streams that this process holds at most.

    Raises:
        WeakSystemKey: the key is missing, malformed or guessable.
    """
    cursors = SealedCursors(system_search_hash_key)
    searches = FairSlots(
        Shares(SEARCHES_MAX, per_lane=1, reserve=0),
        waiting_per_lane=_WAITING_PER_ORGANIZATION,
        waiting_total=_WAITING,
    )
    return Events(log=log, cursors=cursors, streams=OpenStreams(total=streams_max), searches=searches, clock=clock)
