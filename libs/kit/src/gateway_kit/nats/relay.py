"""The outbox relay: publishes committed rows, in the order of each aggregate, until each is acknowledged.

It is nudged with the rows right after their commit (no polling on the happy path) and sweeps the collection for what
a crash or an outage left behind. Every organization is a lane (`gateway_kit.nats.relay_queue`): its backlog waits
behind itself, in memory and in the sweep. A row that the bus can never take is set aside with a letter (ADR 0029).

``Nats-Msg-Id`` is the event's id, so a row that was published and not marked is recognised by the stream within its
window, and by the inboxes of the consumers at any time.
"""

import asyncio
import contextlib
import time
from datetime import timedelta
from functools import partial
from typing import Any, Final

from nats import errors as nats_errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import BadRequestError
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.clock import Clock
from gateway_contracts.errors import Invalid, TooLarge
from gateway_contracts.topology import STREAMS
from gateway_kit.logging import get_logger
from gateway_kit.mongo.outbox import COLLECTION, Outbox, OutboxRow
from gateway_kit.nats.batch import BatchPublisher, PublishRefused
from gateway_kit.nats.config_writer import ConfigWriter
from gateway_kit.nats.relay_marks import RelayMarks
from gateway_kit.nats.relay_queue import RelayQueue
from gateway_kit.nats.relay_sweep import RelaySweep
from gateway_kit.set_aside import SetAside
from gateway_kit.telemetry import remote_span

log = get_logger(__name__)

SWEEP_INTERVAL_S = 5.0
PUBLISH_TIMEOUT_S = 5.0
# After a fault of the bus the aggregate is tried again after this pause, without end: it is not the row's fault.
PAUSE_S = 1.0
# After a refusal of the row itself; then it is set aside. They outlast a change of versions, in which an older process
# meets a row that only a newer one can publish.
REFUSED_PAUSES_S: tuple[float, ...] = (1.0, 5.0, 30.0, 60.0, 120.0)
# Without progress for this long, and a row that has waited as long, the service is not ready.
STALLED_AFTER_S = 60.0
DRAIN_S = 10.0

# The end of a trace context that is not recorded: no span is opened for it.
_NOT_RECORDED: Final = "-00"
# The row itself is refused, now and later.
_CERTAIN: Final = (TooLarge, Invalid, nats_errors.MaxPayloadError)
_REFUSALS: Final = (PublishRefused, BadRequestError, nats_errors.BadSubjectError, nats_errors.BadHeaderError)

_STREAM_BY_TOKEN: Final = {
    subject.split(".", 1)[0]: spec.name for spec in STREAMS if spec.owner != "*" for subject in spec.subjects
}


class OutboxStalled(RuntimeError):
    """Rows wait, the bus is connected, and nothing is published."""


class OutboxRelay:
    """Moves the outbox of one database to the bus."""

    def __init__(
        self, db: AsyncDatabase[dict[str, Any]], nc: Client, js: JetStreamContext, clock: Clock, set_aside: SetAside
    ) -> None:
        self._nc = nc
        self._clock = clock
        self._set_aside = set_aside
        self._outbox = Outbox(db)
        self._config = ConfigWriter(js)
        self._publishers: dict[str, BatchPublisher] = {}
        self._queue = RelayQueue()
        self._marks = RelayMarks(self._outbox, clock)
        self._wake = asyncio.Event()
        self._sweep = RelaySweep(self._outbox, self._queue, self._marks, self._wake)
        self._on_way: set[asyncio.Future[Any]] = set()
        # Refusals of rows in memory.
        self._refused: dict[str, int] = {}
        self._progress_at = time.monotonic()

    def nudge(self, rows: list[OutboxRow]) -> None:
        """Rows were just committed."""
        for row in rows:
            self._sweep.offer(row)
        # Without a turn of the loop that publishes: it costs more than the row.
        if rows and self._nc.is_connected:
            self._start()
        else:
            self._wake.set()

    async def run(self) -> None:
        """Publish without end; ends only by cancellation."""
        self._sweep.is_stopping = False
        publishing = asyncio.create_task(self._keep_publishing())
        both = (asyncio.create_task(self._keep_sweeping()), publishing)
        try:
            ended, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            # A query under way is not broken off: the driver would close its connection.
            self._sweep.stop()
            publishing.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def drain(self) -> None:
        """Publish what is queued (at shutdown); what fails is found by the next process."""
        deadline = time.monotonic() + DRAIN_S
        while self._nc.is_connected and time.monotonic() < deadline:
            self._start()
            if not self._on_way:
                break
            await asyncio.wait(self._on_way, timeout=DRAIN_S, return_when=asyncio.FIRST_COMPLETED)
        await self._marks.write()

    async def redrive(self, identifier: str) -> bool:
        """Make a row that was set aside pending again; the next sweep finds it."""
        return await self._outbox.redrive(identifier)

    async def count_set_aside(self) -> int:
        """Rows that wait for an operator."""
        return await self._outbox.count_set_aside()

    async def check(self) -> None:
        """
        Raises:
            OutboxStalled: nothing is published although rows wait and the bus is connected.
        """
        if not self._nc.is_connected or time.monotonic() - self._progress_at < STALLED_AFTER_S:
            return
        since = self._clock.now() - timedelta(seconds=STALLED_AFTER_S)
        if await self._outbox.has_older(since, but=list(self._refused)):
            raise OutboxStalled

    async def _keep_sweeping(self) -> None:
        # Whatever its age: no other process may be there to publish it.
        await self._sweep.all(self._clock.now())
        swept_at = time.monotonic()
        while not self._sweep.is_stopping:
            await self._sweep.wanted(swept_at + SWEEP_INTERVAL_S - time.monotonic())
            await self._sweep.refill()
            if time.monotonic() >= swept_at + SWEEP_INTERVAL_S:
                # What is younger is still on its way, in this process or another one.
                await self._sweep.all(self._clock.now() - timedelta(seconds=SWEEP_INTERVAL_S))
                swept_at = time.monotonic()

    async def _keep_publishing(self) -> None:
        while True:
            self._wake.clear()
            pause = PAUSE_S
            if self._nc.is_connected:
                due = self._queue.release(time.monotonic())
                self._start()
                pause = SWEEP_INTERVAL_S if due is None else due - time.monotonic()
            # Not wait_for: before Python 3.12 it loses a cancellation that meets a nudge.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    def _start(self) -> None:
        for row in self._queue.take() if self._queue.has_ready else ():
            try:
                way = self._way_of(row)
            except Exception as exc:
                self._failed(row, exc)
                continue
            self._on_way.add(way)
            way.add_done_callback(partial(self._arrived, row))

    def _way_of(self, row: OutboxRow) -> asyncio.Future[Any]:
        """Ends when the bus has the row."""
        if row.fault is not None:
            raise row.fault
        if row.is_config:
            return asyncio.create_task(self._config.write(row.subject, row.wire, version=row.version))
        if row.traceparent is not None and row.traceparent.endswith(_NOT_RECORDED):
            return self._submit(row)
        return asyncio.create_task(self._submit_traced(row))

    def _submit(self, row: OutboxRow) -> asyncio.Future[None]:
        headers = {"Nats-Msg-Id": row.id, "content-type": "application/json"}
        if row.traceparent:
            headers["traceparent"] = row.traceparent
        return self._publisher_of(row.subject).submit(row.subject, headers, row.wire or b"")

    async def _submit_traced(self, row: OutboxRow) -> None:
        with remote_span(f"publish {row.subject.rpartition('.')[0]}", row.traceparent):
            await self._submit(row)

    def _arrived(self, row: OutboxRow, way: asyncio.Future[Any]) -> None:
        """Edge: whatever happens to one row is decided here and touches no other aggregate."""
        self._on_way.discard(way)
        error = TimeoutError() if way.cancelled() else way.exception()
        if error is None:
            self._marks.add(row.id)
            self._done(row)
        else:
            self._failed(row, error)
        if self._queue.has_ready:
            self._wake.set()

    def _failed(self, row: OutboxRow, error: BaseException) -> None:
        if isinstance(error, _CERTAIN):
            self._give_up(row, error)
        elif isinstance(error, _REFUSALS):
            tries = self._refused[row.id] = self._refused.get(row.id, 0) + 1
            if tries > len(REFUSED_PAUSES_S):
                self._give_up(row, error)
            else:
                self._hold(row, error, REFUSED_PAUSES_S[tries - 1])
        else:
            self._hold(row, error, PAUSE_S)

    def _done(self, row: OutboxRow) -> None:
        self._progress_at = time.monotonic()
        self._refused.pop(row.id, None)
        self._queue.done(row)
        self._sweep.made_room(row.organization_id)

    def _hold(self, row: OutboxRow, error: BaseException, pause_s: float) -> None:
        log.warning("outbox.publish_failed", subject=row.subject, error=type(error).__name__)
        self._queue.hold(row, time.monotonic() + pause_s)
        self._wake.set()

    def _give_up(self, row: OutboxRow, error: BaseException) -> None:
        way = asyncio.create_task(self._set_row_aside(row, error))
        self._on_way.add(way)
        way.add_done_callback(self._on_way.discard)

    async def _set_row_aside(self, row: OutboxRow, error: BaseException) -> None:
        attempts = row.attempts + self._refused.get(row.id, 1)
        try:
            # The letter first: a row that was set aside without one would be seen by no operator.
            await self._set_aside.put_row(
                COLLECTION,
                row.id,
                organization_id=row.organization_id,
                error=error,
                size=row.size,
                attempts=attempts,
            )
            reason = type(error).__name__
            await self._outbox.set_aside(row.id, reason=reason, attempts=attempts, now=self._clock.now())
        except Exception as exc:
            self._hold(row, exc, PAUSE_S)
        else:
            self._done(row)
            self._wake.set()

    def _publisher_of(self, subject: str) -> BatchPublisher:
        """Rows that wait at the same time for one stream are published together, many of them with one fsync."""
        stream = _STREAM_BY_TOKEN.get(subject.split(".", 1)[0])
        if stream is None:
            raise PublishRefused("no stream takes this subject", code="SUBJECT_UNKNOWN")
        if stream not in self._publishers:
            self._publishers[stream] = BatchPublisher(self._nc, stream=stream, timeout_s=PUBLISH_TIMEOUT_S)
        return self._publishers[stream]
