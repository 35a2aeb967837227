"""The outbox relay: publishes committed rows, in order, until each is acknowledged.

It is nudged with the rows right after their commit (no polling on the happy path) and sweeps the collection for what
a crash or an outage left behind, however busy it is: another process may have died. ``Nats-Msg-Id`` is the event's
id, so a row that was published and not marked is recognised by the stream within its window, and by the consumers'
inboxes for ever.
"""

import asyncio
import contextlib
import json
import time
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from nats.aio.client import Client
from nats.js import JetStreamContext
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.clock import Clock
from gateway_contracts.topology import CONFIG_BUCKET, STREAMS
from gateway_kit.logging import get_logger
from gateway_kit.nats.batch import BatchPublisher
from gateway_kit.telemetry import remote_span

log = get_logger(__name__)

Row = dict[str, Any]

# Rows held in memory between commit and acknowledgement; what does not fit is found by the sweep.
QUEUE_MAX = 5_000
# Rows per round; many of one stream share an fsync.
ROUND_MAX = 200
SWEEP_INTERVAL_S = 5.0
PUBLISH_TIMEOUT_S = 5.0
# Published rows are marked in one update after this time. Until then a crash publishes them again under the same ids,
# which the streams and the inboxes recognise.
MARK_INTERVAL_S = 1.0
MARKS_MAX = 1_000

_STREAM_BY_TOKEN = {
    subject.split(".", 1)[0]: spec.name for spec in STREAMS if spec.owner != "*" for subject in spec.subjects
}


class OutboxRelay:
    """Moves the outbox of one database to the bus."""

    def __init__(self, db: AsyncDatabase[Row], nc: Client, js: JetStreamContext, clock: Clock) -> None:
        self._db = db
        self._nc = nc
        self._js = js
        self._publishers: dict[str, BatchPublisher] = {}
        self._clock = clock
        self._queue: deque[Row] = deque()
        # Everything that the sweep shall leave alone: what is queued, and what is published and not marked yet.
        self._known: set[str] = set()
        self._unmarked: list[str] = []
        self._marking: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def nudge(self, rows: list[Row]) -> None:
        """Rows were just committed."""
        for row in rows:
            if len(self._queue) >= QUEUE_MAX:
                break
            if row["_id"] not in self._known:
                self._queue.append(row)
                self._known.add(row["_id"])
        self._wake.set()

    async def run(self) -> None:
        """Publish for ever; ends only by cancellation."""
        # Whatever its age: nobody else may be there to publish it.
        await self._sweep(self._clock.now())
        swept_at = time.monotonic()
        while True:
            if not self._queue:
                await self._nudged(swept_at + SWEEP_INTERVAL_S - time.monotonic())
            # With more than a round in hand there is enough to do; a broker that is away makes it thousands.
            if time.monotonic() >= swept_at + SWEEP_INTERVAL_S and len(self._queue) < ROUND_MAX:
                # What is younger is still on its way, in this process or another one.
                await self._sweep(self._clock.now() - timedelta(seconds=SWEEP_INTERVAL_S))
                swept_at = time.monotonic()
            if self._queue:
                await self._round()

    async def drain(self) -> None:
        """Publish what is queued (at shutdown); what fails is found by the next process."""
        while self._queue and await self._round():
            pass
        await self._mark()

    async def _nudged(self, timeout_s: float) -> None:
        """Return when there is something to do, or after that time."""
        self._wake.clear()
        # Not wait_for: before Python 3.12 it loses a cancellation that meets a nudge.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()

    async def _sweep(self, written_before: datetime) -> None:
        """Queue what is pending in the collection since then and not known here, oldest first."""
        pending = {"state": "pending", "created_at": {"$lte": written_before}}
        try:
            found = await self._db.outbox.find(pending).sort("_id", 1).limit(QUEUE_MAX).to_list()
        except Exception as exc:
            log.warning("outbox.sweep_failed", error=type(exc).__name__)
            return
        left_behind = [row for row in found if row["_id"] not in self._known]
        if left_behind:
            self.nudge(left_behind)

    async def _round(self) -> bool:
        """Publish the oldest rows; false when something has to be tried again later."""
        rows = [self._queue[index] for index in range(min(ROUND_MAX, len(self._queue)))]
        outcomes = await asyncio.gather(*(self._publish(row) for row in rows), return_exceptions=True)
        failed_entities: set[str] = set()
        sent: list[Row] = []
        for row, outcome in zip(rows, outcomes, strict=True):
            # After a failure nothing newer of the same aggregate counts as sent: it is published again, in order.
            if isinstance(outcome, BaseException) or row["entity_id"] in failed_entities:
                failed_entities.add(row["entity_id"])
                if isinstance(outcome, BaseException):
                    log.warning("outbox.publish_failed", subject=row["subject"], error=type(outcome).__name__)
            else:
                sent.append(row)
        await self._published(sent)
        if failed_entities:
            await asyncio.sleep(1)
        return not failed_entities

    async def _published(self, sent: list[Row]) -> None:
        done = {row["_id"] for row in sent}
        self._queue = deque(row for row in self._queue if row["_id"] not in done)
        self._unmarked += done
        if len(self._unmarked) >= MARKS_MAX:
            await self._mark()
        elif self._unmarked and (self._marking is None or self._marking.done()):
            self._marking = asyncio.create_task(self._mark_soon())

    async def _mark_soon(self) -> None:
        # Again for what was published while the update was under way.
        while self._unmarked:
            await asyncio.sleep(MARK_INTERVAL_S)
            await self._mark()

    async def _mark(self) -> None:
        marked, self._unmarked = self._unmarked, []
        if not marked:
            return
        try:
            await self._db.outbox.update_many(
                {"_id": {"$in": marked}}, {"$set": {"state": "sent", "sent_at": self._clock.now()}}
            )
        except Exception as exc:
            # They stay pending, are published once more under the same ids, and are ignored there.
            log.warning("outbox.mark_failed", count=len(marked), error=type(exc).__name__)
        self._known.difference_update(marked)

    async def _publish(self, row: Row) -> None:
        if row["kind"] == "config":
            await self._put_config(row)
            return
        body = json.dumps(row["body"], separators=(",", ":")).encode()
        headers = {"Nats-Msg-Id": row["_id"], "content-type": "application/json"}
        if row.get("traceparent"):
            headers["traceparent"] = row["traceparent"]
        with remote_span(f"publish {row['body']['type']}", row.get("traceparent")):
            await self._publisher_of(row["subject"]).publish(row["subject"], headers, body)

    def _publisher_of(self, subject: str) -> BatchPublisher:
        """Rows of one round and stream are published together, many of them with one fsync."""
        stream = _STREAM_BY_TOKEN[subject.split(".", 1)[0]]
        if stream not in self._publishers:
            self._publishers[stream] = BatchPublisher(self._nc, stream=stream, timeout_s=PUBLISH_TIMEOUT_S)
        return self._publishers[stream]

    async def _put_config(self, row: Row) -> None:
        bucket = await self._js.key_value(CONFIG_BUCKET)
        if row["body"] is None:
            await bucket.purge(row["subject"])
        else:
            await bucket.put(row["subject"], json.dumps(row["body"], separators=(",", ":")).encode())
