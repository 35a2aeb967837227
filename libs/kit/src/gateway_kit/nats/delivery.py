"""What becomes of a message: handled, stored for a later attempt, or set aside. Decided here for every consumer.

The broker's consumer is a shared queue, so nothing may stay in it: a message waits for a place of its tenant for a
moment only, and a failed one is stored in the service's database and acknowledged (ADR 0024). Only while that database
does not answer is a message handed back to the broker.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Final

from faststream.exceptions import NackMessage
from faststream.nats import NatsMessage
from pydantic import ValidationError
from pymongo.errors import ConnectionFailure, PyMongoError

from gateway_contracts.errors import is_final
from gateway_contracts.topology import ConsumerSpec
from gateway_kit.cancellation import cancel_tasks
from gateway_kit.fairness import Busy, FairSlots, Shares
from gateway_kit.logging import get_logger
from gateway_kit.metrics import CONSUMER_SECONDS
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_kit.nats.backlog import LEASE, Backlog, Message
from gateway_kit.set_aside import Letter, SetAside, origin_of

log = get_logger(__name__)

RawHandler = Callable[[dict[str, str], bytes], Awaitable[None]]

REDRIVEN_FOR: Final = "Gw-Redriven-For"
"""On a message that is redriven: the one consumer that shall take it."""

INTAKE_MAX: Final = 384
"""Messages of one consumer in this process: handled, or waiting for a place."""
# From here on a lane with more than its share of those that wait is moved to the backlog: another tenant's message may
# be behind it in the stream.
_CROWDED: Final = 256
_CROWDED_BYTES: Final = 64 * 1024 * 1024
# Deliveries without an acknowledgement, each perhaps a crash; then the attempts are counted in the backlog instead.
_LIVE_DELIVERIES_MAX: Final = 5
# Claims of one message, crashes included, beyond the failures that the schedule allows.
_CRASHES_MAX: Final = 20
# Messages of one tenant and consumer in the backlog; further ones are set aside at once, and can be redriven.
_LANE_MAX: Final = 100_000
# The broker keeps a message while the database does not answer.
_DATABASE_DELAYS_S: Final = (0.5, 2, 5, 15, 30)
_POLL_S: Final = 1.0
_FINAL: Final = (ValidationError, ValueError, KeyError)
"""It would fail the same way every time, as what was rejected."""


class BacklogFull(Exception):
    """A tenant has too many messages in the backlog of one consumer."""


class AttemptsExhausted(Exception):
    """A message was taken many times and never finished: the process ended each time, or its lease ran out."""


class Deliveries:
    """The messages of one consumer: those that the broker delivers, and those in the backlog.

    Args:
        spec: the consumer.
        handle: the handler; the same message may reach it more than once.
        backlog: where messages wait for a later attempt.
        set_aside: takes what cannot be handled.
    """

    def __init__(self, spec: ConsumerSpec, handle: RawHandler, backlog: Backlog, set_aside: SetAside) -> None:
        self._spec = spec
        self._handle = handle
        self._backlog = backlog
        self._set_aside = set_aside
        workers = spec.workers
        # One tenant alone has all workers; as many places again are there for the others.
        self._slots = FairSlots(
            Shares(2 * workers, per_lane=workers, reserve=workers // 4),
            waiting_per_lane=INTAKE_MAX,
            waiting_total=INTAKE_MAX,
        )
        self._waiting_bytes = 0
        self._deferred: Counter[str] = Counter()
        self._full: set[str] = set()
        later = max(4, workers // 2)
        self._shares = Shares(later, per_lane=max(1, later // 2), reserve=later // 4)
        self._under_way: dict[str, Message] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._is_closing = False

    def close(self) -> None:
        """Give back to the broker what waits for a place; called at shutdown."""
        self._is_closing = True
        self._slots.close()

    async def receive(self, message: NatsMessage) -> None:
        """Handle one delivery; returning acknowledges it.

        Raises:
            NackMessage: neither handled nor stored; the broker delivers it again after a while.
        """
        started, outcome = time.perf_counter(), "retried"
        try:
            outcome = await self._live(_read(self._spec, message), message.raw_message.metadata.num_delivered)
        except (PyMongoError, OSError) as exc:
            raise self._handed_back(message, exc) from exc
        finally:
            CONSUMER_SECONDS.labels(self._spec.durable, outcome).observe(time.perf_counter() - started)

    def _handed_back(self, message: NatsMessage, exc: Exception) -> NackMessage:
        tries = message.raw_message.metadata.num_delivered
        delay_s = _DATABASE_DELAYS_S[min(tries, len(_DATABASE_DELAYS_S)) - 1]
        log.warning("consumer.handed_back", consumer=self._spec.durable, delay_s=delay_s, error=type(exc).__name__)
        return NackMessage(delay=delay_s)

    async def _live(self, message: Message, deliveries: int) -> str:
        """How it ended, for the metrics."""
        if message.headers.pop(REDRIVEN_FOR, self._spec.durable) != self._spec.durable:
            return "known"
        if deliveries > _LIVE_DELIVERIES_MAX or self._is_crowding(message.lane):
            return await self._defer(message)
        try:
            async with self._place(message):
                return await self._attempt(message)
        except Busy:
            if self._is_closing:
                raise NackMessage(delay=0) from None
            return await self._defer(message)

    @contextlib.asynccontextmanager
    async def _place(self, message: Message) -> AsyncIterator[None]:
        """A place for a part of the time after which the broker takes the handler for dead."""
        self._waiting_bytes += len(message.body)
        is_waiting = True
        try:
            async with self._slots.place(message.lane, timeout_s=self._spec.ack_wait_s / 3):
                self._waiting_bytes -= len(message.body)
                is_waiting = False
                yield
        finally:
            if is_waiting:
                self._waiting_bytes -= len(message.body)

    def _is_crowding(self, lane: str) -> bool:
        if self._slots.waiting < _CROWDED and self._waiting_bytes < _CROWDED_BYTES:
            return False
        return self._slots.waiting_of(lane) >= self._slots.waiting // max(1, self._slots.waiting_lanes)

    async def _defer(self, message: Message, *, delay_s: float = 0) -> str:
        if await self._is_lane_full(message.lane):
            await self._give_up(message, BacklogFull())
            return "parked"
        await self._backlog.add(message, delay_s=delay_s)
        if not delay_s:
            self._wake.set()
        return "retried" if message.failures else "deferred"

    async def _is_lane_full(self, lane: str) -> bool:
        """Counted anew for every thousandth message of a lane: the bound is against a flood, not exact."""
        self._deferred[lane] += 1
        if self._deferred[lane] % 1_000 == 0:
            del self._deferred[lane]
            if await self._backlog.count_of(self._spec.durable, lane, limit=_LANE_MAX) >= _LANE_MAX:
                self._full.add(lane)
            else:
                self._full.discard(lane)
        return lane in self._full

    async def _attempt(self, message: Message) -> str:
        """Edge: whatever the handler raises becomes a later attempt or a letter."""
        try:
            await self._handle(dict(message.headers), message.body)
        except AlreadyHandled:
            return "known"
        except ConnectionFailure:
            raise
        except Exception as exc:
            return await self._failed(message, exc)
        return "handled"

    async def _failed(self, message: Message, exc: Exception) -> str:
        schedule = self._spec.retry_schedule_s
        if is_final(exc) or isinstance(exc, _FINAL) or message.failures >= len(schedule):
            await self._give_up(message, exc)
            return "parked"
        delay_s = schedule[message.failures]
        log.warning(
            "consumer.retry",
            consumer=self._spec.durable,
            failures=message.failures + 1,
            delay_s=delay_s,
            error=type(exc).__name__,
            at=origin_of(exc),
        )
        if message.attempts:
            await self._backlog.fail(message, delay_s=delay_s)
        else:
            await self._defer(replace(message, failures=1), delay_s=delay_s)
        return "retried"

    async def _give_up(self, message: Message, reason: Exception) -> None:
        """Keep the original bytes and headers with the reason.

        Raises:
            OSError: the letter is not stored.
        """
        letter = Letter(
            source=self._spec.stream,
            worker=self._spec.durable,
            reference=str(message.sequence),
            reason=type(reason).__name__,
            organization_id=message.lane,
            size=len(message.body),
            origin=origin_of(reason),
            subject=message.subject,
            attempts=max(1, message.attempts + bool(message.failures)),
            headers=message.headers,
            body=message.body,
        )
        try:
            await self._set_aside.put(letter)
        except Exception as exc:
            raise OSError("the letter is not stored") from exc
        if message.attempts:
            await self._backlog.remove(message)

    async def run(self) -> None:
        """Work on the backlog; ends only by cancellation."""
        renewing = asyncio.create_task(self._renew())
        try:
            while True:
                self._wake.clear()
                if not await self._take_due():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_POLL_S):
                            await self._wake.wait()
        finally:
            await cancel_tasks([renewing, *self._tasks])

    async def _take_due(self) -> bool:
        """Whether something was taken."""
        free = self._shares.total - self._shares.in_use
        if free <= 0:
            return False
        claimed = await self._backlog.claim(self._spec.durable, limit=free, room=self._shares.room)
        for message in claimed:
            self._shares.take(message.lane)
            self._under_way[message.id] = message
            task = asyncio.create_task(self._later(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return bool(claimed)

    async def _later(self, message: Message) -> None:
        started, outcome = time.perf_counter(), "retried"
        try:
            outcome = await self._attempt_stored(message)
        except (PyMongoError, OSError) as exc:
            # Its lease runs out, and it is taken again.
            log.warning("consumer.backlog_failed", consumer=self._spec.durable, error=type(exc).__name__)
        finally:
            CONSUMER_SECONDS.labels(self._spec.durable, outcome).observe(time.perf_counter() - started)
            del self._under_way[message.id]
            self._shares.release(message.lane)
            self._wake.set()

    async def _attempt_stored(self, message: Message) -> str:
        if message.attempts > len(self._spec.retry_schedule_s) + _CRASHES_MAX:
            await self._give_up(message, AttemptsExhausted())
            return "parked"
        outcome = await self._attempt(message)
        if outcome in ("handled", "known"):
            await self._backlog.remove(message)
        return outcome

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                await self._backlog.renew(list(self._under_way.values()))
            except PyMongoError as exc:
                log.warning("consumer.lease_not_renewed", consumer=self._spec.durable, error=type(exc).__name__)


def _read(spec: ConsumerSpec, message: NatsMessage) -> Message:
    raw = message.raw_message
    sequence = raw.metadata.sequence.stream
    return Message(
        id=f"{spec.stream}:{sequence}:{spec.durable}",
        consumer=spec.durable,
        lane=raw.subject.rsplit(".", 1)[-1],  # the last token of every event's subject is its organization
        subject=raw.subject,
        sequence=sequence,
        headers={key: str(value) for key, value in (raw.headers or {}).items()},
        body=message.body,
    )
