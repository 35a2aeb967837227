"""Stored messages of streams, read by sequence and subject: no reader leaves anything on the server.

Batches come from any replica of a stream and may lack what it has not received yet. The end of a stream is therefore
what its leader says (ADR 0061).
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from gateway_contracts.errors import Transient
from gateway_kit.logging import get_logger
from gateway_kit.shared_answers import SharedAnswers

log = get_logger(__name__)

BATCH_BYTES_MAX: Final = 1024 * 1024
"""Of one read; a single message may be as large by itself."""
_ANSWER_S: Final = 5.0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MESSAGE_NOT_FOUND: Final = 10037
_SEQUENCE: Final = "Nats-Sequence"
_PREVIOUS: Final = "Nats-Last-Sequence"
_PENDING: Final = "Nats-Num-Pending"
_TIME: Final = "Nats-Time-Stamp"


@dataclass(frozen=True)
class StreamHead:
    """First and last message of a stream.

    Attributes:
        epoch: when it was created, in microseconds: another number is another stream of the same name.
        first: the lowest sequence that is kept; above ``last`` where nothing is.
        last: the highest sequence that was given.
    """

    epoch: int
    first: int
    last: int


@dataclass(frozen=True)
class StoredMessage:
    """One message as it lies in the stream."""

    sequence: int
    stored_at: datetime
    body: bytes


@dataclass(frozen=True)
class Batch:
    """Messages in the order of their sequences.

    Attributes:
        read_to: no message of the subject up to this sequence is missing.
        is_end: the stream had no further one when it was asked.
    """

    messages: tuple[StoredMessage, ...]
    read_to: int
    is_end: bool


class StreamReader:
    """Reads streams through the rights of ``ServiceAccess.reads``."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._heads: dict[str, tuple[float, StreamHead]] = {}
        self._asked: SharedAnswers[StreamHead] = SharedAnswers()

    async def head(self, stream: str, *, max_age_s: float = 0.0) -> StreamHead:
        """First and last message of the stream, as its leader said within the last ``max_age_s`` seconds.

        Raises:
            Transient: the bus does not answer, or has no such stream.
        """
        known = self._heads.get(stream)
        if known is not None and time.monotonic() - known[0] < max_age_s:
            return known[1]
        return await self._asked.ask(stream, lambda: self._ask_head(stream))

    async def read(self, stream: str, subject: str, *, after: int, head: StreamHead, limit: int) -> Batch:
        """At most ``limit`` messages of the subject with a sequence above ``after``.

        ``head`` was asked before, so that all up to its end is seen.

        Raises:
            Transient: the bus does not answer.
        """
        if after >= head.last:
            return Batch((), after, is_end=True)
        found = await self._next_of_leader(stream, subject, after)
        if found is None:
            return Batch((), head.last, is_end=True)
        messages, is_more = await self._batch(stream, subject, found.sequence, limit)
        if not messages:
            # The replica that answered has not received it yet.
            return Batch((found,), found.sequence, is_end=False)
        last = messages[-1].sequence
        if is_more or await self._next_of_leader(stream, subject, last) is not None:
            return Batch(messages, last, is_end=False)
        return Batch(messages, max(last, head.last), is_end=True)

    async def first_since(self, stream: str, moment: datetime) -> int | None:
        """The sequence of a message that was stored at that moment or later, and none before it was; None: no replica
        that was asked has one.

        Raises:
            Transient: the bus does not answer.
        """
        request = {"start_time": moment.isoformat().replace("+00:00", "Z"), "batch": 1}
        messages, _ = await self._direct(stream, request)
        return messages[0].sequence if messages else None

    async def _ask_head(self, stream: str) -> StreamHead:
        asked_at = time.monotonic()
        answer = await self._request(f"$JS.API.STREAM.INFO.{stream}", {})
        if "error" in answer:
            raise _unavailable(answer["error"])
        state = answer["state"]
        epoch = (_moment(answer["created"]) - _EPOCH) // timedelta(microseconds=1)
        head = StreamHead(epoch, max(1, state["first_seq"]), state["last_seq"])
        self._heads[stream] = (asked_at, head)
        return head

    async def _next_of_leader(self, stream: str, subject: str, after: int) -> StoredMessage | None:
        request = {"seq": after + 1, "next_by_subj": subject}
        answer = await self._request(f"$JS.API.STREAM.MSG.GET.{stream}", request)
        if "error" in answer:
            if answer["error"].get("err_code") == _MESSAGE_NOT_FOUND:
                return None
            raise _unavailable(answer["error"])
        message = answer["message"]
        body = base64.b64decode(message.get("data", ""))
        return StoredMessage(message["seq"], _moment(message["time"]), body)

    async def _batch(self, stream: str, subject: str, start: int, limit: int) -> tuple[tuple[StoredMessage, ...], bool]:
        request = {"seq": start, "next_by_subj": subject, "batch": limit, "max_bytes": BATCH_BYTES_MAX}
        return await self._direct(stream, request)

    async def _direct(self, stream: str, request: dict[str, Any]) -> tuple[tuple[StoredMessage, ...], bool]:
        """The messages, and whether there are more.

        Raises:
            Transient: the bus does not answer, or the answer has a gap.
        """
        messages: list[StoredMessage] = []
        previous = 0
        async with _answered(self._client), asyncio.timeout(_ANSWER_S):
            inbox = self._client.new_inbox()
            answers = await self._client.subscribe(inbox)
            try:
                subject = f"$JS.API.DIRECT.GET.{stream}"
                await self._client.publish(subject, json.dumps(request).encode(), reply=inbox)
                while True:
                    # All of them have the deadline above; one for each message would cost a task each time.
                    answer = await answers.next_msg(timeout=None)
                    headers = answer.headers or {}
                    status = headers.get("Status")
                    if status == "404":
                        return (), False
                    if status not in (None, "204") or int(headers.get(_PREVIOUS, 0)) != previous:
                        raise _unavailable(headers)
                    if status is not None:
                        return tuple(messages), int(headers[_PENDING]) > 0
                    messages.append(_stored(answer, headers))
                    previous = messages[-1].sequence
            finally:
                await answers.unsubscribe()

    async def _request(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        payload = json.dumps(body).encode() if body else b""
        async with _answered(self._client):
            answer = await self._client.request(subject, payload, timeout=_ANSWER_S)
        decoded: dict[str, Any] = json.loads(answer.data)
        return decoded


@asynccontextmanager
async def _answered(client: Client) -> AsyncIterator[None]:
    """
    Raises:
        Transient: in place of what the client raises.
    """
    if not client.is_connected:
        # The client would keep the request until it is connected again.
        raise _unavailable("not connected")
    try:
        yield
    except (NatsError, TimeoutError) as exc:
        raise _unavailable(type(exc).__name__) from exc


def _unavailable(reason: object) -> Transient:
    log.warning("stream.unavailable", reason=str(reason))
    return Transient("the message broker does not answer", code="BROKER_UNAVAILABLE", retry_after_s=2)


def _stored(message: Msg, headers: dict[str, str]) -> StoredMessage:
    return StoredMessage(int(headers[_SEQUENCE]), _moment(headers[_TIME]), message.data)


def _moment(text: str) -> datetime:
    """A time of the server, which has nanoseconds and is in UTC."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{seconds}.{fraction[:6]:0<6}+00:00")
