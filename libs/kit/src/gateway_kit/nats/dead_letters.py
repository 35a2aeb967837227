"""What no consumer could handle: look at it, and after the cause is mended, deliver it again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from gateway_contracts.errors import NotFound
from gateway_contracts.topology import consumer
from gateway_kit.nats.consumers import EXPECTED_STREAM, REDRIVEN_FOR

STREAM: Final = "DEAD_LETTERS"
PREFIX: Final = "Gw-Dead-"
PUBLISH_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True)
class DeadLetter:
    """A message with the reason why it was given up.

    Attributes:
        sequence: names the letter.
        consumer: the durable that gave it up.
        reason: the type of the error; ``origin`` is where it was raised.
        subject: where the message was published first.
        headers: those of the message.
        body: its original bytes; personal data in it are encrypted.
    """

    sequence: int
    parked_at: datetime
    consumer: str
    reason: str
    origin: str
    subject: str
    deliveries: int
    headers: dict[str, str]
    body: bytes


class DeadLetters:
    """The stream of dead letters, for whoever may read and change it: the operator's NATS user."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js

    async def all(self, durable: str | None = None) -> AsyncIterator[DeadLetter]:
        """Oldest first; of one consumer, or of all."""
        subject, sequence = f"dead.*.{durable or '*'}", 1
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

    async def redrive(self, letter: DeadLetter) -> None:
        """Publish the message again, for its consumer alone, and remove the letter.

        Its message id is new, else the stream would take it for what it has; the same for each attempt, so that a
        redrive that was cut off between its two steps can be repeated. A message that fails again is a new letter.
        """
        headers = {
            "Nats-Msg-Id": f"redrive:{letter.sequence}",
            EXPECTED_STREAM: consumer(letter.consumer).stream,
            REDRIVEN_FOR: letter.consumer,
        }
        await self._js.publish(letter.subject, letter.body, headers=letter.headers | headers, timeout=PUBLISH_TIMEOUT_S)
        await self._js.delete_msg(STREAM, letter.sequence)


def _read(message: RawStreamMsg) -> DeadLetter:
    headers: dict[str, str] = dict(message.headers or {})
    assert message.seq is not None, "the server names every message that it gives"
    assert message.time is not None, "the server dates every message that it stores"
    return DeadLetter(
        sequence=message.seq,
        parked_at=message.time.astimezone(UTC),
        consumer=headers[f"{PREFIX}Consumer"],
        reason=headers[f"{PREFIX}Reason"],
        origin=headers[f"{PREFIX}Origin"],
        subject=headers[f"{PREFIX}Subject"],
        deliveries=int(headers[f"{PREFIX}Deliveries"]),
        headers={key: value for key, value in headers.items() if not key.startswith((PREFIX, "Nats-"))},
        body=message.data or b"",
    )
