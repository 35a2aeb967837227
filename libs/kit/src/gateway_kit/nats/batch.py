"""Publish durably, and share the stream's fsync among everybody who waits for one (group commit).

While one batch is on its way, newcomers queue; they form the next one. A few messages are plain JetStream publishes,
many are one atomic batch: the stream stores all of them with a single write and a single acknowledgement.
"""

import asyncio
import json
import os
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from nats import errors as nats_errors
from nats.aio.client import Client

from gateway_contracts.errors import GatewayError, OutcomeUnknown, TooLarge, Transient
from gateway_contracts.topology import MESSAGE_BYTES_MAX

HEADER_BATCH_ID: Final = "Nats-Batch-Id"
HEADER_BATCH_SEQUENCE: Final = "Nats-Batch-Sequence"
HEADER_BATCH_COMMIT: Final = "Nats-Batch-Commit"

# Fewer messages go one by one, side by side. The server keeps every batch in a file store of its own, made and removed
# again: measured, that costs as much as a dozen single messages with their fsyncs, in time and in processor time.
BATCH_MESSAGES_MIN: Final = 12
# The server refuses batches above this (error 10199).
BATCH_MESSAGES_MAX: Final = 1000
# Room for header names, separators and the batch headers of one message; an upper estimate.
_HEADER_OVERHEAD_BYTES: Final = 160
# What the client refuses before it writes; another message of the same batch is not affected.
_OWN_FAULTS: Final = (nats_errors.MaxPayloadError, nats_errors.BadSubjectError, nats_errors.BadHeaderError)
# A stream's answer that no repetition changes; others are those of a server that is busy, or not ready.
_FINAL_STATUSES: Final = frozenset({400, 403, 405, 413, 422})
# Bodies that may wait in memory at once, however few messages they are.
QUEUE_BYTES_MAX: Final = 64 * 1024 * 1024


class PublishRefused(Transient):
    """The stream refuses this very message, and will again; others are not affected."""

    default_code = "PUBLISH_REFUSED"


@dataclass
class BatchStats:
    """Counters since the start; ``batches`` and ``singles`` are acknowledged publishes of either kind."""

    messages: int = 0
    batches: int = 0
    singles: int = 0
    fallbacks: int = 0
    failures: int = 0


@dataclass(eq=False, slots=True)
class _Waiting:
    subject: str
    headers: dict[str, str]
    body: bytes
    size: int
    give_up_at: float
    done: asyncio.Future[None] = field(repr=False)


class BatchPublisher:
    """Durable publishing for many concurrent callers over one connection, with at most one open batch.

    Args:
        nc: a connected client; it may reconnect underneath.
        stream: the stream that must acknowledge.
        max_batch: messages in one batch, at most 1,000.
        max_bytes: headers and bodies in one batch; a larger single message travels alone.
        queue_max: callers that may wait; the next one is refused.
        timeout_s: patience for one acknowledgement, and for a place in a batch.
    """

    def __init__(
        self,
        nc: Client,
        *,
        stream: str,
        max_batch: int = 500,
        max_bytes: int = 900_000,
        queue_max: int = 5000,
        timeout_s: float = 5,
    ) -> None:
        self._nc = nc
        self._stream = stream
        self._max_batch = min(max_batch, BATCH_MESSAGES_MAX)
        self._max_bytes = max_bytes
        self._queue_max = queue_max
        self._timeout_s = timeout_s
        self._queue: deque[_Waiting] = deque()
        self._queued_bytes = 0
        self._worker: asyncio.Task[None] | None = None
        self._closing = False
        self._batch_prefix = os.urandom(8).hex()
        self._batch_count = 0
        self.stats = BatchStats()

    async def publish(self, subject: str, headers: dict[str, str], body: bytes) -> None:
        """Return only after the stream has stored the message durably.

        Raises:
            TooLarge: the message cannot fit into the stream.
            PublishRefused: the stream will never take it.
            Transient: it was not stored: queue full (``OVERLOADED``), no broker, or shutting down.
            OutcomeUnknown: no acknowledgement came in time; it may be stored.
        """
        await self.submit(subject, headers, body)

    def submit(self, subject: str, headers: dict[str, str], body: bytes) -> asyncio.Future[None]:
        """The same, for a caller with many messages: the future ends when `publish` would return or raise.

        Raises:
            GatewayError: as `publish`, where it is known at once.
        """
        size = self._size(subject, headers, body)
        self._admit(size)
        loop = asyncio.get_running_loop()
        waiting = _Waiting(subject, headers, body, size, loop.time() + self._timeout_s, loop.create_future())
        self._queue.append(waiting)
        self._queued_bytes += size
        if self._worker is None:
            self._worker = loop.create_task(self._drain(), name=f"batch-publisher-{self._stream}")
            self._worker.add_done_callback(self._worker_ended)
        return waiting.done

    async def close(self, timeout_s: float = 10) -> None:
        """Refuse newcomers, wait for what is queued; the rest is refused after the time."""
        self._closing = True
        if self._worker is not None:
            await asyncio.wait({self._worker}, timeout=timeout_s)
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait({self._worker})

    def _size(self, subject: str, headers: dict[str, str], body: bytes) -> int:
        """Size of the message in a batch.

        Refused here, it harms no other message of its batch.
        """
        size = len(subject) + len(body) + _HEADER_OVERHEAD_BYTES
        for name, value in headers.items():
            size += len(name) + 4 + (len(value) if value.isascii() else _utf_8_bytes(value))
        if size > MESSAGE_BYTES_MAX:
            raise TooLarge(f"a message of {size} bytes does not fit into {self._stream}")
        return size

    def _admit(self, size: int) -> None:
        if self._closing:
            raise Transient("the publisher is closing", code="SHUTTING_DOWN")
        if not self._nc.is_connected:
            raise Transient("no connection to the broker", code="BROKER_UNAVAILABLE")
        if len(self._queue) >= self._queue_max or self._queued_bytes + size > QUEUE_BYTES_MAX:
            raise Transient("too many messages wait for the broker", code="OVERLOADED")

    def _worker_ended(self, task: asyncio.Task[None]) -> None:
        """No caller waits without end when the worker was cancelled or broke."""
        if self._worker is task:
            self._worker = None
            self._fail(self._take_all(), Transient("the publisher stopped", code="SHUTTING_DOWN"))

    def _take_all(self) -> list[_Waiting]:
        everybody = list(self._queue)
        self._queue.clear()
        self._queued_bytes = 0
        return everybody

    async def _drain(self) -> None:
        # One turn of the loop: messages of the same read of the socket join the first batch.
        await asyncio.sleep(0)
        while self._queue:
            batch = self._next_batch()
            try:
                await self._send(batch)
            finally:
                # Nothing happens for those already answered; a cancelled or broken send leaves no caller waiting.
                self._fail(batch, OutcomeUnknown("the publish was interrupted", code="PUBLISH_UNCONFIRMED"))
        # Here, not in the callback, which runs a turn later: a message that comes in between needs a worker of its own.
        self._worker = None

    def _next_batch(self) -> list[_Waiting]:
        now = asyncio.get_running_loop().time()
        batch: list[_Waiting] = []
        size = 0
        while self._queue and len(batch) < self._max_batch:
            candidate = self._queue[0]
            if batch and size + candidate.size > self._max_bytes:
                break
            self._queue.popleft()
            self._queued_bytes -= candidate.size
            if candidate.give_up_at < now:
                self._fail([candidate], Transient("waited too long for the broker", code="OVERLOADED"))
            elif not candidate.done.done():
                batch.append(candidate)
                size += candidate.size
        return batch

    async def _send(self, batch: list[_Waiting]) -> None:
        if len(batch) >= BATCH_MESSAGES_MIN:
            if await self._send_atomic(batch):
                return
            # The stream refused the batch as a whole, so nothing of it is stored: each message gets its own verdict.
            self.stats.fallbacks += 1
        await asyncio.gather(*(self._send_single(waiting) for waiting in batch))

    async def _send_atomic(self, batch: list[_Waiting]) -> bool:
        """Whether everybody has an answer; False: the stream refused the batch, nothing was stored."""
        self._batch_count += 1
        batch_id = f"{self._batch_prefix}-{self._batch_count}"
        *head, last = batch
        try:
            for sequence, waiting in enumerate(head, start=1):
                await self._nc.publish(
                    waiting.subject,
                    waiting.body,
                    headers=waiting.headers | {HEADER_BATCH_ID: batch_id, HEADER_BATCH_SEQUENCE: str(sequence)},
                )
            closing = {
                HEADER_BATCH_ID: batch_id,
                HEADER_BATCH_SEQUENCE: str(len(batch)),
                HEADER_BATCH_COMMIT: "1",
            }
            reply = await self._nc.request(
                last.subject, last.body, headers=last.headers | closing, timeout=self._timeout_s
            )
        except _OWN_FAULTS:
            return False
        except (nats_errors.Error, OSError) as error:
            self._fail(batch, _translated(error))
            return True
        ack = json.loads(reply.data)
        if ack.get("stream") != self._stream or ack.get("count") != len(batch) or ack.get("error"):
            return False
        self.stats.batches += 1
        self._succeed(batch)
        return True

    async def _send_single(self, waiting: _Waiting) -> None:
        try:
            reply = await self._nc.request(
                waiting.subject, waiting.body, headers=waiting.headers, timeout=self._timeout_s
            )
        except (nats_errors.Error, OSError) as error:
            self._fail([waiting], _translated(error))
            return
        ack = json.loads(reply.data)
        if ack.get("error") or ack.get("stream") != self._stream:
            self._fail([waiting], self._refusal(ack))
            return
        self.stats.singles += 1
        self._succeed([waiting])

    def _refusal(self, ack: dict[str, Any]) -> GatewayError:
        error = ack.get("error") or {}
        kind = PublishRefused if error.get("code") in _FINAL_STATUSES else Transient
        return kind(f"{self._stream} refused: {error.get('description')}", code="PUBLISH_REFUSED")

    def _succeed(self, batch: list[_Waiting]) -> None:
        self.stats.messages += len(batch)
        for waiting in batch:
            if not waiting.done.done():
                waiting.done.set_result(None)

    def _fail(self, batch: list[_Waiting], error: GatewayError) -> None:
        for waiting in batch:
            if not waiting.done.done():
                self.stats.failures += 1
                # One instance each: a shared one would collect the tracebacks of everybody who raises it.
                waiting.done.set_exception(type(error)(error.message, code=error.code))


def _translated(error: Exception) -> GatewayError:
    """Effect of a client error on the message: not stored, or unknown."""
    if isinstance(error, nats_errors.NoRespondersError):
        return Transient("no stream listens", code="BROKER_UNAVAILABLE")
    if isinstance(error, nats_errors.TimeoutError):
        return OutcomeUnknown("no acknowledgement in time", code="PUBLISH_UNCONFIRMED")
    if isinstance(error, nats_errors.MaxPayloadError):
        return TooLarge("the broker refuses a message of this size")
    if isinstance(error, _OWN_FAULTS):
        return PublishRefused(f"the message cannot be written: {type(error).__name__}")
    return Transient(f"the broker is not reachable: {type(error).__name__}", code="BROKER_UNAVAILABLE")


def _utf_8_bytes(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as exc:
        raise PublishRefused("a header holds text that UTF-8 cannot hold") from exc
