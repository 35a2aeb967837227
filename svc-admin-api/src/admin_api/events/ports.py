"""Ports of the use cases around events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from admin_api.events.domain.place import Place
from gateway_contracts.actor import Actor
from gateway_contracts.clock import Clock
from gateway_kit.fairness import FairSlots
from gateway_kit.http.event_streams import OpenStreams
from gateway_kit.nats.stream_reader import Batch, StreamHead


class EventLog(Protocol):
    """The streams of the bus; see `gateway_kit.nats.stream_reader.StreamReader`."""

    async def head(self, stream: str, *, max_age_s: float = 0.0) -> StreamHead: ...

    async def read(self, stream: str, subject: str, *, after: int, head: StreamHead, limit: int) -> Batch: ...

    async def first_since(self, stream: str, moment: datetime) -> int | None: ...


class Cursors(Protocol):
    """Places as texts that a caller keeps: it can neither read nor make them, and no other organization or mode can use
    them."""

    def write(self, place: Place, actor: Actor) -> str: ...

    def read(self, cursor: str, actor: Actor) -> Place:
        """
        Raises:
            Unreadable: it was not written for this organization and mode.
        """
        ...


@dataclass(frozen=True)
class Events:
    """The ports around events.

    Attributes:
        searches: places to search the streams for an id, one per organization.
    """

    log: EventLog
    cursors: Cursors
    streams: OpenStreams
    searches: FairSlots
    clock: Clock
