"""Messages that left their consumer's queue and wait in the service's own database (ADR 0024).

A message whose handling failed, or whose tenant holds more than its share of the consumer, is stored here and
acknowledged. So it never occupies a place of the shared consumer while it waits, and waits behind its own tenant only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from gateway_contracts.clock import Clock
from gateway_contracts.ids import new_object_id
from gateway_contracts.topology import ConsumerSpec
from gateway_kit.mongo.group_commit import GroupCommit
from gateway_kit.mongo.pending_writes import DUPLICATE_KEY

Row = dict[str, Any]

LEASE: Final = timedelta(seconds=15)
"""A message under way is another process's after this time; renewed while it is handled."""
# Lanes that one claim looks at; the next claim goes on with the lanes after them.
_LANES_MAX: Final = 32
_COUNTED_MAX: Final = 10_000


@dataclass(frozen=True)
class Message:
    """One message as its consumer sees it.

    Attributes:
        id: stream, sequence and consumer: the same for every delivery.
        lane: the organization.
        sequence: its number in the stream.
        attempts: how often it was taken from the backlog.
        failures: how often its handling failed.
    """

    id: str
    consumer: str
    lane: str
    subject: str
    sequence: int
    headers: dict[str, str]
    body: bytes
    attempts: int = 0
    failures: int = 0


def message_of(spec: ConsumerSpec, sequence: int, *, subject: str, headers: Mapping[str, str], body: bytes) -> Message:
    """A message of the consumer's stream before its first attempt."""
    return Message(
        id=f"{spec.stream}:{sequence}:{spec.durable}",
        consumer=spec.durable,
        lane=subject.rsplit(".", 1)[-1],  # the last token of every event's subject is its organization
        subject=subject,
        sequence=sequence,
        headers=dict(headers),
        body=body,
    )


class Backlog:
    """The collection ``backlog`` of one service."""

    def __init__(self, db: AsyncDatabase[Row], clock: Clock) -> None:
        self._rows = db["backlog"]
        self._clock = clock
        self._inserts: GroupCommit[Row, None] = GroupCommit(self._insert, lane=_lane_of)
        self._removals: GroupCommit[str, None] = GroupCommit(self._remove)
        self._after: dict[str, str] = {}

    async def add(self, message: Message, *, delay_s: float = 0) -> None:
        """Store the message durably; one that is stored already stays as it is."""
        now = self._clock.now()
        await self._inserts.submit(
            {
                "_id": message.id,
                "consumer": message.consumer,
                "organization_id": message.lane,
                "subject": message.subject,
                "sequence": message.sequence,
                "headers": list(message.headers.items()),
                "body": message.body,
                "attempts": message.attempts,
                "failures": message.failures,
                "due_at": now + timedelta(seconds=delay_s),
                "stored_at": now,
            }
        )

    async def claim(self, consumer: str, *, limit: int, room: Callable[[str], int]) -> list[Message]:
        """Take due messages under a lease, in turns over the lanes that have some; a taken one counts as an attempt.

        Args:
            consumer: the durable.
            limit: messages at most.
            room: how many messages of a lane may be taken.
        """
        now = self._clock.now()
        lanes = [lane for lane in await self._due_lanes(consumer, now) if room(lane) > 0]
        if not lanes:
            return []
        each = max(1, limit // len(lanes))
        claimed: list[Message] = []
        for lane in lanes:
            wanted = min(each, room(lane), limit - len(claimed))
            if wanted > 0:
                claimed += await self._claim_lane(consumer, lane, wanted, now)
        return claimed

    async def _due_lanes(self, consumer: str, now: datetime) -> list[str]:
        """The next lanes with a due message, after those of the claim before; all are reached in turn."""
        lanes: list[str] = []
        start = last = self._after.get(consumer, "")
        has_wrapped = False
        while len(lanes) < _LANES_MAX:
            bounds: Row = {"$gt": last} if not has_wrapped else {"$gt": last, "$lte": start}
            found = await self._rows.find_one(
                {"consumer": consumer, "organization_id": bounds, "due_at": {"$lte": now}},
                {"organization_id": 1},
                sort=[("organization_id", 1)],
            )
            if found is not None:
                last = found["organization_id"]
                lanes.append(last)
            elif has_wrapped or not start:
                break
            else:
                has_wrapped, last = True, ""
        self._after[consumer] = lanes[-1] if len(lanes) == _LANES_MAX else ""
        return lanes

    async def _claim_lane(self, consumer: str, lane: str, limit: int, now: datetime) -> list[Message]:
        due = {"consumer": consumer, "organization_id": lane, "due_at": {"$lte": now}}
        ids = [row["_id"] async for row in self._rows.find(due, {"_id": 1}).sort("due_at", 1).limit(limit)]
        claim = new_object_id()
        change = {"$set": {"due_at": now + LEASE, "claim": claim}, "$inc": {"attempts": 1}}
        # Another process may want the same: the condition lets one of them win.
        await self._rows.update_many({"_id": {"$in": ids}, "due_at": {"$lte": now}}, change)
        rows = await self._rows.find({"_id": {"$in": ids}, "claim": claim}).sort("due_at", 1).to_list()
        return [_read(row) for row in rows]

    async def renew(self, messages: Sequence[Message]) -> None:
        """Keep the lease of messages that are under way."""
        if messages:
            ids = [message.id for message in messages]
            await self._rows.update_many({"_id": {"$in": ids}}, {"$set": {"due_at": self._clock.now() + LEASE}})

    async def fail(self, message: Message, *, delay_s: float) -> Message:
        """Count a failure; the message is due again after the delay."""
        due_at = self._clock.now() + timedelta(seconds=delay_s)
        await self._rows.update_one({"_id": message.id}, {"$set": {"due_at": due_at}, "$inc": {"failures": 1}})
        return replace(message, failures=message.failures + 1)

    async def remove(self, message: Message) -> None:
        """The message is handled, or set aside."""
        await self._removals.submit(message.id)

    async def count(self, consumer: str) -> int:
        """Messages that wait, counted to 10,000."""
        return await self._rows.count_documents({"consumer": consumer}, limit=_COUNTED_MAX)

    async def count_of(self, consumer: str, lane: str, *, limit: int) -> int:
        """Messages of one lane, counted to the limit."""
        return await self._rows.count_documents({"consumer": consumer, "organization_id": lane}, limit=limit)

    async def _insert(self, rows: list[Row]) -> list[None]:
        try:
            await self._rows.insert_many(rows, ordered=False)
        except BulkWriteError as exc:
            if any(error["code"] != DUPLICATE_KEY for error in exc.details["writeErrors"]):
                raise
        return [None] * len(rows)

    async def _remove(self, ids: list[str]) -> list[None]:
        await self._rows.delete_many({"_id": {"$in": ids}})
        return [None] * len(ids)


def _lane_of(row: Row) -> str:
    lane: str = row["organization_id"]
    return lane


def _read(row: Row) -> Message:
    return Message(
        id=row["_id"],
        consumer=row["consumer"],
        lane=row["organization_id"],
        subject=row["subject"],
        sequence=row["sequence"],
        headers=dict(row["headers"]),
        body=bytes(row["body"]),
        attempts=row["attempts"],
        failures=row["failures"],
    )
