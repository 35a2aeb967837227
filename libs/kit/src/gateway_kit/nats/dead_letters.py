"""Messages and rows set aside, for the operator: look at it, and after the cause is mended, redrive it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from gateway_contracts.errors import NotFound
from gateway_contracts.requests.set_aside import REDRIVE_MESSAGE, REDRIVE_ROW, SetAsideMessage, SetAsideRow
from gateway_contracts.topology import CONSUMERS, STREAMS, ConsumerSpec
from gateway_kit.nats.delivery import REDRIVEN_FOR
from gateway_kit.nats.rpc import RpcClient
from gateway_kit.set_aside import EXPECTED_STREAM, OPERATOR, PREFIX, PUBLISH_TIMEOUT_S, STREAM

_STREAM_NAMES = frozenset(spec.name for spec in STREAMS)
_SEQUENCES = 2**63
_CONSUMERS = {spec.durable: spec for spec in CONSUMERS}


@dataclass(frozen=True)
class DeadLetter:
    """A message or row with the reason why it was given up.

    Attributes:
        sequence: names the letter.
        source: the stream of a message, or the collection of a row.
        consumer: the durable that gave a message up; the service of a row. The broker lets no other service publish
            letters of it.
        reference: the sequence of a message in its stream, or the id of a row.
        organization_id: the tenant; empty where it was unknown.
        reason: the type of the error; ``origin`` is where it was raised.
        subject: where the message was published first; empty for a row.
        size: bytes of the message or row.
        headers: those of the message.
        body: its original bytes; personal data in it are encrypted. Empty where the bytes stayed at the source.
    """

    sequence: int
    parked_at: datetime
    source: str
    consumer: str
    reference: str
    organization_id: str
    reason: str
    origin: str
    subject: str
    deliveries: int
    size: int
    headers: dict[str, str]
    body: bytes
    has_body: bool

    @property
    def is_message(self) -> bool:
        """A message of a stream; otherwise a row of a database."""
        return self.source in _STREAM_NAMES


class DeadLetters:
    """The stream of dead letters, for a user that may read and change it.

    Args:
        may_publish: the user may publish the events of all services, as the operator's command does. Otherwise the
            service of the consumer is asked to take the message from its stream, and has to run.
    """

    def __init__(self, js: JetStreamContext, rpc: RpcClient, *, may_publish: bool = True) -> None:
        self._js = js
        self._rpc = rpc
        self._may_publish = may_publish

    async def all(self, worker: str | None = None, *, after: int = 0) -> AsyncIterator[DeadLetter]:
        """Oldest first, from the letter after that number; of one consumer or service, or of all."""
        subject, sequence = f"dead.*.{worker or '*'}", after + 1
        while True:
            try:
                found = await self._js.get_msg(STREAM, seq=sequence, subject=subject, next=True)
            except NotFoundError:
                return
            letter = _read(found)
            yield letter
            sequence = letter.sequence + 1

    async def get(self, sequence: int) -> DeadLetter:
        """
        Raises:
            NotFound: there is no such letter.
        """
        try:
            return _read(await self._js.get_msg(STREAM, seq=sequence))
        except NotFoundError as exc:
            raise NotFound(f"there is no dead letter {sequence}", code="DEAD_LETTER_NOT_FOUND") from exc

    async def redrive(self, letter: DeadLetter) -> bool:
        """Process it again and remove the letter; false where its row is gone or was not set aside any more.

        Raises:
            NotFound: its bytes are taken from their stream and are gone from it (``MESSAGE_GONE``), or this version has
                no such consumer or service (``SOURCE_UNKNOWN``).
            Transient: the service that is asked does not answer.
        """
        redriven = True
        if not letter.is_message:
            redriven = await self._redrive_row(letter)
        elif self._may_publish:
            await self._publish(letter, _consumer_of(letter))
        else:
            spec = _consumer_of(letter)
            message = SetAsideMessage(consumer=spec.durable, sequence=_place_of(letter), letter=letter.sequence)
            await self._rpc.call(REDRIVE_MESSAGE[spec.service], message, actor=OPERATOR)
        await self._js.delete_msg(STREAM, letter.sequence)
        return redriven

    async def _redrive_row(self, letter: DeadLetter) -> bool:
        method = REDRIVE_ROW.get(letter.consumer)
        if method is None:
            raise _unknown(letter)
        row = SetAsideRow(source=letter.source, reference=letter.reference)
        return (await self._rpc.call(method, row, actor=OPERATOR)).redriven

    async def _publish(self, letter: DeadLetter, spec: ConsumerSpec) -> None:
        """For its consumer alone.

        The message id is new, else the stream would take it for what it has; the same for each attempt, so that a
        redrive that was cut off between its two steps can be repeated. A message that fails again is a new letter.
        """
        subject, headers, body = await self._original(letter, spec)
        added = {
            "Nats-Msg-Id": f"redrive:{letter.sequence}",
            EXPECTED_STREAM: spec.stream,
            REDRIVEN_FOR: spec.durable,
        }
        await self._js.publish(subject, body, headers=headers | added, timeout=PUBLISH_TIMEOUT_S)

    async def _original(self, letter: DeadLetter, spec: ConsumerSpec) -> tuple[str, dict[str, str], bytes]:
        """Subject, headers and body as their owner published them, while the stream has them; then as the letter says
        it, which is the word of the service that gave them up."""
        try:
            found = await self._js.get_msg(spec.stream, seq=_place_of(letter))
        except (NotFoundError, NotFound) as exc:
            if letter.has_body:
                return letter.subject, letter.headers, letter.body
            raise _gone(letter) from exc
        return found.subject or letter.subject, _own_headers(found), found.data or b""


def _consumer_of(letter: DeadLetter) -> ConsumerSpec:
    spec = _CONSUMERS.get(letter.consumer)
    if spec is None or spec.stream != letter.source:
        raise _unknown(letter)
    return spec


def _place_of(letter: DeadLetter) -> int:
    """The sequence of its message.

    Raises:
        NotFound: no stream has such a sequence.
    """
    sequence = _number(letter.reference)
    if not 0 < sequence < _SEQUENCES:
        raise _gone(letter)
    return sequence


def _gone(letter: DeadLetter) -> NotFound:
    return NotFound(f"the message of letter {letter.sequence} is gone", code="MESSAGE_GONE")


def _unknown(letter: DeadLetter) -> NotFound:
    return NotFound(f"this version has no {letter.consumer} that sets {letter.source} aside", code="SOURCE_UNKNOWN")


def _own_headers(message: RawStreamMsg) -> dict[str, str]:
    headers = message.headers or {}
    return {key: value for key, value in headers.items() if not key.startswith((PREFIX, "Nats-"))}


def _read(message: RawStreamMsg) -> DeadLetter:
    """A letter that lacks something is shown with what it has: it must not hide the others."""
    headers: dict[str, str] = dict(message.headers or {})
    assert message.seq is not None, "the server names every message that it gives"
    assert message.time is not None, "the server dates every message that it stores"
    body = message.data or b""
    # What the headers say of both is the word of its publisher; the broker checks the subject.
    _, source, consumer_name = (*(message.subject or "").split("."), "", "", "")[:3]
    return DeadLetter(
        sequence=message.seq,
        parked_at=message.time.astimezone(UTC),
        source=source,
        consumer=consumer_name,
        reference=headers.get(f"{PREFIX}Reference", ""),
        organization_id=headers.get(f"{PREFIX}Organization", ""),
        reason=headers.get(f"{PREFIX}Reason", ""),
        origin=headers.get(f"{PREFIX}Origin", ""),
        subject=headers.get(f"{PREFIX}Subject", ""),
        deliveries=_number(headers.get(f"{PREFIX}Deliveries", "")),
        size=_number(headers.get(f"{PREFIX}Size", "")) or len(body),
        headers=_own_headers(message),
        body=body,
        has_body=headers.get(f"{PREFIX}Body", "here") == "here",
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
