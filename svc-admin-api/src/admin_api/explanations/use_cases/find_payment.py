"""Find the payment that a request or event is about."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from admin_api.events.domain.public_event import PublicEvent, names_id, read_event
from admin_api.events.domain.query import EventQuery
from admin_api.events.ports import EventLog, Events
from gateway_contracts.actor import Actor
from gateway_contracts.errors import NotFound, Transient
from gateway_contracts.requests.ipn import delivery_id_of
from gateway_contracts.topology import PUBLIC_STREAMS
from gateway_kit.fairness import Busy
from gateway_kit.logging import get_logger
from gateway_kit.nats.stream_reader import StoredMessage

logger = get_logger(__name__)

LATEST: Final = 5_000
"""Messages at the end of each stream among which the events of a request are searched."""
BATCH: Final = 500
BATCHES_MAX: Final = LATEST // BATCH
READ_MAX: Final = 200
"""Events of each stream that have the id and are read in full; the first of them nearly always is the answer."""
WAIT_S: Final = 10.0
"""For earlier searches of the same organization."""
_EARLY: Final = timedelta(minutes=1)
"""Clocks of publisher and bus differ by less."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NOTIFICATION: Final = delivery_id_of("")
_PAYMENTS_STREAMS: Final = tuple(name for name in PUBLIC_STREAMS if name in ("TRANSACTIONS", "INVOICES", "IPN"))


@dataclass(frozen=True)
class _Wanted:
    """The events that are searched for: by a look at bytes, which is cheap, then by an event in full."""

    may_be: Callable[[bytes], bool]
    is_it: Callable[[PublicEvent], bool]


@dataclass(frozen=True)
class FoundPayment:
    """A payment, and the event that led to it.

    Attributes:
        id: of a transaction or checkout.
    """

    id: str
    event: PublicEvent


async def find_payment(identifier: str, *, actor: Actor, events: Events) -> FoundPayment:
    """The payment that an id leads to.

    An event is found while its stream has it: its id says when it was made. The
    events of a request or webhook are found among the latest of the installation. An organization searches for one id
    at a time: a search looks at thousands of messages.

    Raises:
        NotFound: none of the events that the actor may see is about a payment and has this id.
        Transient: the bus does not answer, or the organization has too many searches under way.
    """
    event_id = _event_behind(identifier)
    made_at = _moment_of_event(event_id)
    wanted = _event(event_id) if made_at is not None else _caused_by(identifier)
    searches = (_search(name, made_at, wanted, actor=actor, log=events.log) for name in _PAYMENTS_STREAMS)
    try:
        async with events.searches.place(actor.organization_id, timeout_s=WAIT_S):
            found = [payment for payment in await asyncio.gather(*searches) if payment is not None]
    except Busy as exc:
        raise Transient("too many ids are being searched for", code="OVERLOADED", retry_after_s=2) from exc
    if not found:
        raise NotFound("no known event of a payment has this id", code="EXPLANATION_NOT_FOUND")
    return found[0]


def is_event_id(identifier: str) -> bool:
    """Whether it has the form of an event's id."""
    return _moment_of_event(identifier) is not None


def _event_behind(identifier: str) -> str:
    """The event that a notification's id is made of; other ids as they are."""
    try:
        event_id = str(UUID(identifier.removeprefix(_NOTIFICATION)))
    except ValueError:
        return identifier
    return event_id if delivery_id_of(event_id) == identifier else identifier


def _event(identifier: str) -> _Wanted:
    return _Wanted(names_id(identifier, "id"), lambda event: event.id == identifier)


def _caused_by(identifier: str) -> _Wanted:
    named = names_id(identifier, "correlationId", "causationId")
    return _Wanted(named, lambda event: identifier in (event.correlation_id, event.causation_id))


async def _search(
    stream: str, made_at: datetime | None, wanted: _Wanted, *, actor: Actor, log: EventLog
) -> FoundPayment | None:
    query = EventQuery(actor)
    subject = query.subject(stream)
    head = await log.head(stream)
    after = max(head.first - 1, head.last - LATEST)
    if made_at is not None:
        first = await log.first_since(stream, made_at - _EARLY)
        if first is None:
            return None
        after = first - 1
    left = READ_MAX
    for _ in range(BATCHES_MAX):
        batch = await log.read(stream, subject or "", after=after, head=head, limit=BATCH)
        named = [message for message in batch.messages if wanted.may_be(message.body)][:left]
        left -= len(named)
        for event in _events(named):
            if wanted.is_it(event) and query.shows(event) and (payment := _payment_of(event)) is not None:
                return FoundPayment(payment, event)
        if batch.is_end or left == 0:
            return None
        after = batch.read_to
    return None


def _events(messages: Sequence[StoredMessage]) -> Iterator[PublicEvent]:
    for message in messages:
        try:
            yield read_event(message.body)
        except ValueError as exc:
            logger.error("explanations.unreadable_event", sequence=message.sequence, error=type(exc).__name__)


def _payment_of(event: PublicEvent) -> str | None:
    named = event.data.get("transactionId") or event.data.get("checkoutId")
    if named is None and event.type.startswith(("transaction.", "checkout.")):
        return event.entity_id
    return str(named) if named else None


def _moment_of_event(identifier: str) -> datetime | None:
    """When an event with this id was made; None for other ids."""
    try:
        parsed = UUID(identifier)
    except ValueError:
        return None
    if parsed.version != 7 or str(parsed) != identifier:
        return None
    return _EPOCH + timedelta(milliseconds=parsed.int >> 80)
