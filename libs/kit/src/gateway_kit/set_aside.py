"""One place for what cannot be processed: the stream ``DEAD_LETTERS`` (ADR 0025).

A letter carries the reason, the organization, the size and the original bytes. A message leaves its consumer with its
letter. A row of a database keeps its bytes and gets the state ``set_aside``; its letter refers to it. Both are seen
and redriven by ``gateway dead-letters``.
"""

import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from nats.js import JetStreamContext

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden, NotFound
from gateway_contracts.requests.set_aside import RowRedriven, SetAsideRow
from gateway_contracts.rpc import Call
from gateway_contracts.topology import MESSAGE_BYTES_MAX
from gateway_kit.logging import get_logger

log = get_logger(__name__)

STREAM: Final = "DEAD_LETTERS"
STATE: Final = "set_aside"
"""The state of a row that has a letter."""
PREFIX: Final = "Gw-Dead-"
EXPECTED_STREAM: Final = "Nats-Expected-Stream"
"""Set by hand: the client's own argument names the header after its enumeration, which the server does not know."""
PUBLISH_TIMEOUT_S: Final = 5.0

# A letter adds these to the headers of its message; a body that no longer fits beside them stays where it is.
_HEADERS_BYTES_MAX: Final = 4 * 1024
_TEXT_MAX: Final = 200

Redrive = Callable[[str], Awaitable[bool]]
"""Makes the row of that id due again; false where it is gone or no longer set aside."""
Count = Callable[[], Awaitable[int]]


@dataclass(frozen=True)
class Letter:
    """One message or row that is given up for now.

    Attributes:
        source: the stream of a message, or the collection of a row.
        worker: the durable consumer of a message, or the service of a row.
        reference: the message's sequence in its stream, or the row's id.
        reason: type of the error; never its text, which may hold personal data.
        organization_id: the tenant; empty where it is unknown.
        size: bytes of the message or row.
        origin: file and line where the error was raised.
        subject: where the message was published first.
        attempts: how often it was tried.
        round: tells repeated letters about one row apart, such as its version.
        headers: those of the message.
        body: the original bytes; empty for a row, which keeps them.
    """

    source: str
    worker: str
    reference: str
    reason: str
    organization_id: str
    size: int
    origin: str = "unknown"
    subject: str = ""
    attempts: int = 0
    round: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def dead_subject(self) -> str:
        """The subject of its letter."""
        return f"dead.{self.source}.{self.worker}"


class SetAside:
    """Writes letters, and makes rows due again when an operator redrives them."""

    def __init__(self, js: JetStreamContext, service: str) -> None:
        self._js = js
        self._service = service
        self._redrives: dict[str, Redrive] = {}
        self._counts: dict[str, Count] = {}

    async def put(self, letter: Letter) -> None:
        """Store the letter durably; the same one again is stored once.

        Raises:
            nats.errors.Error: it is not stored.
        """
        fits = len(letter.body) + _HEADERS_BYTES_MAX + _size_of(letter.headers) <= MESSAGE_BYTES_MAX
        facts = {
            "Reason": letter.reason,
            "Origin": letter.origin,
            "Source": letter.source,
            "Consumer": letter.worker,
            "Reference": letter.reference,
            "Organization": letter.organization_id,
            "Subject": letter.subject,
            "Deliveries": str(letter.attempts),
            "Size": str(letter.size),
            "Body": "here" if fits and letter.subject else "kept",
        }
        headers = (
            {name: value for name, value in letter.headers.items() if not name.startswith("Nats-")} if fits else {}
        )
        headers |= {PREFIX + name: _safe(value) for name, value in facts.items()}
        headers |= {
            "Nats-Msg-Id": _safe(f"{letter.source}:{letter.reference}:{letter.worker}:{letter.round}"),
            EXPECTED_STREAM: STREAM,
        }
        log.error(
            "set_aside",
            source=letter.source,
            worker=letter.worker,
            organization_id=letter.organization_id,
            reason=letter.reason,
            at=letter.origin,
            bytes=letter.size,
        )
        body = letter.body if fits else b""
        await self._js.publish(letter.dead_subject, body, headers=headers, timeout=PUBLISH_TIMEOUT_S)

    async def put_row(
        self, source: str, row_id: str, *, organization_id: str, error: BaseException, size: int, attempts: int
    ) -> None:
        """Write the letter of a row of this service's database.

        Raises:
            nats.errors.Error: it is not stored.
        """
        await self.put(
            Letter(
                source=source,
                worker=self._service,
                reference=row_id,
                reason=type(error).__name__,
                organization_id=organization_id,
                size=size,
                origin=origin_of(error),
                attempts=attempts,
                round=str(attempts),
            )
        )

    def on_redrive(self, source: str, redrive: Redrive, *, count: Count | None = None) -> None:
        """Rows of this collection are made due again by this function; ``count``: how many are set aside now."""
        self._redrives[source] = redrive
        if count is not None:
            self._counts[source] = count

    async def counts(self) -> dict[str, int]:
        """How many rows are set aside, by collection."""
        return {source: await count() for source, count in self._counts.items()}

    async def redrive_row(self, request: SetAsideRow, call: Call) -> RowRedriven:
        """The request of the operator's command.

        Raises:
            Forbidden: the caller is no operator.
            NotFound: this service sets no rows of that collection aside.
        """
        if call.actor != OPERATOR:
            raise Forbidden("only the operator redrives")
        if request.source not in self._redrives:
            raise NotFound(f"{self._service} sets no {request.source} aside", code="SOURCE_UNKNOWN")
        redriven = await self._redrives[request.source](request.reference)
        log.info("set_aside.redriven", source=request.source, reference=request.reference, redriven=redriven)
        return RowRedriven(redriven=redriven)


OPERATOR: Final = Actor(kind="operator", role="global")
"""The actor of the operator's command; no public route makes one like it."""


def origin_of(error: BaseException) -> str:
    """File and line where an error was raised; its text may hold personal data and is not used."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "unknown"


def _size_of(headers: dict[str, str]) -> int:
    return sum(len(name) + 4 * len(value) + 4 for name, value in headers.items())


def _safe(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()[:_TEXT_MAX].replace("\n", " ").replace("\r", " ")
