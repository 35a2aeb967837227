"""Events as services publish them, and streams in memory."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from admin_api.events.domain.query import STREAM_OF, EventQuery
from admin_api.events.opening import open_events
from admin_api.events.ports import EventLog, Events
from admin_api.events.use_cases.read_events import EventPage, list_events
from gateway_contracts.actor import Actor
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.ids import new_event_id
from gateway_contracts.topology import PUBLIC_STREAMS
from gateway_kit.nats.stream_reader import Batch, StoredMessage, StreamHead
from gateway_testkit.clock import FrozenClock

EXAMPLES = Path(__file__).resolve().parents[2] / "libs/contracts/examples"
ORGANIZATION, OTHER = "65a500000000000000000001", "65a500000000000000000002"
START = datetime(2026, 1, 15, 12, tzinfo=UTC)
READER = Actor(kind="api_key", organization_id=ORGANIZATION, subject_id="k" * 24, scopes=("event:read", "api_key:read"))
PUBLISHED = sorted(EVENTS)
KEY = secrets.token_hex(32)
SITE, OTHER_SITE = "65a5000000000000000000a1", "65a5000000000000000000a2"


def example_of(event_type: str) -> dict[str, Any]:
    """The committed example of a type."""
    example: dict[str, Any] = json.loads((EXAMPLES / event_type / "full.json").read_text())
    return example


def an_event(
    event_type: str = "ipn.delivered.v1",
    organization_id: str = ORGANIZATION,
    *,
    site_id: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """An event of that type, with a new id; changes by names on the wire."""
    example = example_of(event_type)
    data = {**example["data"], **({} if site_id is None else {"siteId": site_id})}
    return {**example, "id": new_event_id(), "organizationId": organization_id, "data": data, **changes}


def subject_of(event: dict[str, Any]) -> str:
    return f"{event['type']}.{event['organizationId']}"


@dataclass
class MemoryStream:
    """One stream. Its messages keep their sequences when earlier ones are removed."""

    epoch: int = 1_700_000_000_000_000
    messages: list[tuple[str, StoredMessage]] = field(default_factory=list)
    removed: int = 0

    @property
    def head(self) -> StreamHead:
        last = self.removed + len(self.messages)
        return StreamHead(self.epoch, self.removed + 1, last)


@dataclass
class MemoryLog:
    """The streams of the bus in memory; counts the messages that it gave out."""

    streams: dict[str, MemoryStream] = field(default_factory=lambda: {name: MemoryStream() for name in PUBLIC_STREAMS})
    now: datetime = START
    given: int = 0

    def publish(self, event: dict[str, Any], *, after: timedelta = timedelta(milliseconds=1)) -> str:
        """Store an event; its id."""
        stream = self.streams[STREAM_OF[event["type"].partition(".")[0]]]
        self.now += after
        message = StoredMessage(stream.head.last + 1, self.now, json.dumps(event).encode())
        stream.messages.append((subject_of(event), message))
        return str(event["id"])

    async def head(self, stream: str, *, max_age_s: float = 0.0) -> StreamHead:
        return self.streams[stream].head

    async def read(self, stream: str, subject: str, *, after: int, head: StreamHead, limit: int) -> Batch:
        found = [
            message
            for name, message in self.streams[stream].messages
            if message.sequence > after and _matches(subject, name)
        ]
        self.given += min(limit, len(found))
        if len(found) > limit:
            return Batch(tuple(found[:limit]), found[limit - 1].sequence, is_end=False)
        return Batch(tuple(found), max(after, head.last), is_end=True)

    async def first_since(self, stream: str, moment: datetime) -> int | None:
        later = [message.sequence for _, message in self.streams[stream].messages if message.stored_at >= moment]
        return later[0] if later else None


def _matches(pattern: str, subject: str) -> bool:
    wanted, given = pattern.split("."), subject.split(".")
    return len(wanted) == len(given) and all(token in ("*", part) for token, part in zip(wanted, given, strict=True))


def events_over(log: EventLog) -> Events:
    return open_events(log, FrozenClock(START), system_search_hash_key=KEY, streams_max=3)


async def all_pages(query: EventQuery, events: Events, limit: int) -> list[EventPage]:
    pages = [await list_events(query, None, limit, events=events)]
    while pages[-1].has_more:
        cursor = events.cursors.write(pages[-1].place, query.actor)
        pages.append(await list_events(query, cursor, limit, events=events))
    return pages


def ids(pages: list[EventPage]) -> list[str]:
    return [item.event.id for page in pages for item in page.items]
