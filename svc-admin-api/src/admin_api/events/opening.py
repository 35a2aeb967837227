"""Composition of the event stream."""

from admin_api.events.adapters.cursors import SealedCursors
from admin_api.events.ports import EventLog, Events
from gateway_contracts.clock import Clock
from gateway_kit.http.event_streams import OpenStreams


def open_events(log: EventLog, clock: Clock, *, system_search_hash_key: str, streams_max: int) -> Events:
    """The ports around events.

    Args:
        streams_max: open streams that this process holds at most.

    Raises:
        WeakSystemKey: the key is missing, malformed or guessable.
    """
    cursors = SealedCursors(system_search_hash_key)
    return Events(log=log, cursors=cursors, streams=OpenStreams(total=streams_max), clock=clock)
