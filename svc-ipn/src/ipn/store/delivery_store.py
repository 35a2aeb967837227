"""Deliveries and lanes in MongoDB. Every change of a delivery is guarded by its version."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError

from gateway_contracts.requests.ipn import DeliveryQuery
from gateway_kit.mongo.pending_writes import DUPLICATE_KEY
from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.changes import CHARGEBACK
from ipn.domain.delivery import OPEN_STATES, Delivery, Stuck
from ipn.domain.lane import Lane
from ipn.domain.outcome import Outcome
from ipn.errors import StaleDelivery
from ipn.ports import Chargeback, Lost, Sibling
from ipn.store.rows import (
    chargeback_of,
    count_of,
    delivery_of,
    lane_of,
    row_of_attempt,
    row_of_delivery,
    row_of_lane,
    stuck_of_row,
)

Row = dict[str, Any]

# More than the schedule has; an operator who sends again and again loses the oldest.
ATTEMPTS_MAX: Final = 50
COUNTED_MAX: Final = 10_000
# A bound that every time fulfils: with one, the index of those that wait is used.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
DUE_INDEX: Final = "state_1_organization_id_1_next_attempt_at_1_target_1"
"""Named in the queries: a plan that was chosen for one organization's backlog would read it for all others."""
# What a save may change; the rest of a delivery is fixed when it is made.
_MUTABLE: Final = (
    "state", "next_attempt_at", "lease_until", "claim", "made", "unrecorded", "resend_of", "version", "solo",
    "reason",
)  # fmt: skip
# What the operator alone can send again is, for its merchant, a delivery without further attempts.
_STATES_SHOWN_AS: Final = {"waiting": OPEN_STATES, "exhausted": {"exhausted", "set_aside"}}
# A delivery whose lane has another on its way is looked at again after this time.
_LANE_BUSY: Final = timedelta(seconds=5)
# Leases that one write gives back.
_RELEASED_MAX: Final = 500


class MongoDeliveryStore:
    """The delivery store port."""

    def __init__(self, db: AsyncDatabase[Row]) -> None:
        self._deliveries = db["deliveries"]
        self._lanes = db["lanes"]
        self._orders = db["orders"]

    async def backlog(self) -> tuple[int, datetime | None]:
        """How many wait for an attempt (no more than 10,000 are counted), and when the first of them was due."""
        waiting = {"state": "waiting", "next_attempt_at": {"$gt": _EARLIEST}}
        count = await self._deliveries.count_documents(waiting, limit=COUNTED_MAX)
        first = await self._deliveries.find_one(waiting, {"next_attempt_at": 1}, sort=[("next_attempt_at", 1)])
        return count, first["next_attempt_at"] if first else None

    async def lanes(self, tx: Tx, ids: Collection[str]) -> dict[str, Lane]:
        """See the port."""
        if not ids:
            return {}
        rows = await self._lanes.find({"_id": {"$in": list(ids)}}, session=tx.session).to_list()
        return {row["_id"]: lane_of(row) for row in rows}

    async def save_lanes(self, tx: Tx, lanes: Iterable[Lane]) -> None:
        """See the port. The revision makes every save a write, so that two transactions on one lane conflict."""
        operations = [
            UpdateOne(
                {"_id": lane.id},
                {"$set": {**row_of_lane(lane), "updated_at": tx.now}, "$inc": {"revision": 1}},
                upsert=True,
            )
            for lane in lanes
        ]
        if operations:
            await self._lanes.bulk_write(operations, ordered=False, session=tx.session)

    async def mark_paid(self, payers: Mapping[str, str], *, now: datetime) -> None:
        """See the port."""
        operations = [
            UpdateOne({"_id": key}, {"$set": {"paid_by": payers[key], "updated_at": now}}, upsert=True)
            for key in sorted(payers)
        ]
        if operations:
            await self._orders.bulk_write(operations, ordered=False)

    async def is_paid_elsewhere(self, orders: Collection[str], *, lane: str) -> bool:
        """See the port."""
        paying = {"pays": {"$in": list(orders)}, "lane": {"$ne": lane}}
        if await self._deliveries.find_one(paying, {"_id": 1}) is not None:
            return True
        noted = {"_id": {"$in": list(orders)}, "paid_by": {"$nin": [None, lane]}}
        return await self._orders.find_one(noted, {"_id": 1}) is not None

    async def open_of_orders(self, orders: Collection[str], *, after: str, limit: int) -> list[Sibling]:
        """See the port."""
        wanted = {"orders": {"$in": list(orders)}, "state": {"$in": sorted(OPEN_STATES)}, "_id": {"$gt": after}}
        if not orders:
            return []
        rows = await self._deliveries.find(wanted, {"lane": 1, "orders": 1}).sort("_id", 1).limit(limit).to_list()
        return [Sibling(row["_id"], row["lane"], tuple(row["orders"])) for row in rows]

    async def chargebacks(self, tx: Tx, transactions: Collection[tuple[str, bool, str]]) -> list[Chargeback]:
        """See the port."""
        each = [
            {"organization_id": organization_id, "livemode": livemode, "transaction_id": transaction_id}
            for organization_id, livemode, transaction_id in transactions
        ]
        fields = {"transaction_id": 1, "dispute_id": 1, "state": 1, "attempts": {"$slice": 1}}
        found = self._deliveries.find({"$or": each, "ipn_status": CHARGEBACK}, fields, session=tx.session)
        return [chargeback_of(row) for row in await found.to_list()]

    async def openers(self, tx: Tx, lanes: Collection[str]) -> dict[str, Delivery]:
        """See the port."""
        rows = await self._deliveries.find({"opens": {"$in": list(lanes)}}, session=tx.session).to_list()
        return {row["opens"]: delivery_of(row) for row in rows}

    async def add_first(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """See the port. A delivery that exists, or whose lane has one, is refused by a unique key."""
        refused: set[int] = set()
        try:
            await self._deliveries.insert_many([row_of_delivery(item) for item in deliveries], ordered=False)
        except BulkWriteError as exc:
            errors = exc.details["writeErrors"]
            if exc.details["writeConcernErrors"] or any(error["code"] != DUPLICATE_KEY for error in errors):
                raise
            refused = {error["index"] for error in errors}
        return [index not in refused for index in range(len(deliveries))]

    async def load(self, tx: Tx, ids: Collection[str]) -> dict[str, Delivery]:
        """See the port."""
        if not ids:
            return {}
        rows = await self._deliveries.find({"_id": {"$in": list(ids)}}, session=tx.session).to_list()
        return {row["_id"]: delivery_of(row) for row in rows}

    async def add(self, tx: Tx, deliveries: Sequence[Delivery]) -> None:
        """See the port."""
        if deliveries:
            await self._deliveries.insert_many([row_of_delivery(item) for item in deliveries], session=tx.session)

    async def save(self, tx: Tx, deliveries: Sequence[Delivery], attempts: dict[str, Outcome]) -> None:
        """See the port."""
        if not deliveries:
            return
        operations = [self._update(delivery, attempts.get(delivery.id), tx.now) for delivery in deliveries]
        result = await self._deliveries.bulk_write(operations, ordered=False, session=tx.session)
        if result.matched_count != len(deliveries):
            raise StaleDelivery("the delivery was changed by another process")

    def _update(self, delivery: Delivery, attempt: Outcome | None, now: datetime) -> UpdateOne:
        fields: Row = {name: getattr(delivery, name) for name in _MUTABLE}
        if delivery.state not in OPEN_STATES:
            fields["finished_at"] = now
        change: Row = {"$set": fields}
        if attempt is not None:
            change["$push"] = {"attempts": {"$each": [row_of_attempt(attempt)], "$slice": -ATTEMPTS_MAX}}
        return UpdateOne({"_id": delivery.id, "version": delivery.version - 1}, change)

    async def organizations_due(self, *, now: datetime, after: str, limit: int) -> list[str]:
        """See the port. One index key is read per organization that has waiting deliveries, however many it has."""
        query = organizations_due_query(now=now, after=after, limit=limit)
        rows = await self._deliveries.aggregate(query, hint=DUE_INDEX)
        return [row["_id"] async for row in rows]

    async def due_of(
        self, organization_id: str, *, now: datetime, limit: int, without: Collection[str]
    ) -> list[tuple[str, str]]:
        """See the port."""
        wanted: Row = {"state": "waiting", "organization_id": organization_id, "next_attempt_at": {"$lte": now}}
        if without:
            wanted["target"] = {"$nin": sorted(without)}
        found = self._deliveries.find(wanted, {"target": 1}).hint(DUE_INDEX)
        rows = await found.sort("next_attempt_at", 1).limit(limit).to_list()
        return [(row["_id"], str(row.get("target", ""))) for row in rows]

    async def claim(
        self, ids: Collection[str], *, now: datetime, lease_until: datetime, claim: str
    ) -> tuple[list[Delivery], list[tuple[Stuck, Exception]]]:
        """See the port. Two processes that want the same delivery: the update's condition lets one of them win."""
        change = {
            "$set": {"state": "sending", "claim": claim, "lease_until": lease_until, "next_attempt_at": None},
            "$inc": {"version": 1},
        }
        still_due = {"state": "waiting", "next_attempt_at": {"$lte": now}}
        try:
            await self._deliveries.update_many({"_id": {"$in": list(ids)}, **still_due}, change)
        except DuplicateKeyError:
            await self._claim_singly(ids, still_due, change, now)
        rows = await self._deliveries.find({"_id": {"$in": list(ids)}, "claim": claim}).to_list()
        return _readable(rows)

    async def _claim_singly(self, ids: Collection[str], still_due: Row, change: Row, now: datetime) -> None:
        """Another delivery of one of the lanes is on its way: that one waits, all others are claimed."""
        for delivery_id in ids:
            try:
                await self._deliveries.update_one({"_id": delivery_id, **still_due}, change)
            except DuplicateKeyError:
                later = {"$set": {"next_attempt_at": now + _LANE_BUSY}, "$inc": {"version": 1}}
                await self._deliveries.update_one({"_id": delivery_id, **still_due}, later)

    async def release(self, deliveries: Collection[Delivery], *, now: datetime) -> None:
        """See the port."""
        unused: Row = {"state": "waiting", "claim": None, "lease_until": None, "next_attempt_at": now}
        ours = [{"_id": delivery.id, "claim": delivery.claim, "state": "sending"} for delivery in deliveries]
        for start in range(0, len(ours), _RELEASED_MAX):
            some = {"$or": ours[start : start + _RELEASED_MAX]}
            await self._deliveries.update_many(some, {"$set": unused, "$inc": {"version": 1}})

    async def lost(self, *, now: datetime, limit: int) -> list[Lost]:
        """See the port."""
        fields = {"organization_id": 1, "lane": 1, "claim": 1, "made": 1, "unrecorded": 1}
        expired = {"state": "sending", "lease_until": {"$lte": now}}
        found = self._deliveries.find(expired, {**fields, "size": {"$bsonSize": "$$ROOT"}})
        rows = await found.sort("lease_until", 1).limit(limit).to_list()
        return [Lost(stuck_of_row(row), count_of(row, "unrecorded") + 1) for row in rows]

    async def take_back(self, lost: Collection[tuple[Lost, datetime]]) -> None:
        """See the port."""
        operations = [
            UpdateOne(
                {"_id": one.stuck.id, "claim": one.stuck.claim, "state": "sending"},
                {
                    "$set": {
                        "state": "waiting",
                        "claim": None,
                        "lease_until": None,
                        "next_attempt_at": due_at,
                        "unrecorded": one.unrecorded,
                    },
                    "$inc": {"version": 1},
                },
            )
            for one, due_at in lost
        ]
        if operations:
            await self._deliveries.bulk_write(operations, ordered=False)

    async def extend(self, stuck: Collection[Stuck], *, until: datetime) -> None:
        """See the port."""
        if stuck:
            ours = [{"_id": one.id, "claim": one.claim, "state": "sending"} for one in stuck]
            await self._deliveries.update_many({"$or": ours}, {"$set": {"lease_until": until}})

    async def set_aside(self, tx: Tx, stuck: Stuck, *, reason: str) -> bool:
        """See the port. Nothing but the state changes: a row that cannot be read is kept as it is."""
        fields: Row = {"state": "set_aside", "claim": None, "lease_until": None, "next_attempt_at": None}
        result = await self._deliveries.update_one(
            {"_id": stuck.id, "claim": stuck.claim, "state": {"$in": sorted(OPEN_STATES)}},
            {"$set": {**fields, "set_aside": {"reason": reason, "at": tx.now}}, "$inc": {"version": 1}},
            session=tx.session,
        )
        return result.modified_count == 1

    async def find(self, delivery_id: str, scope: Row) -> Delivery | None:
        """See the port."""
        row = await self._deliveries.find_one({"_id": delivery_id, **scope})
        return None if row is None else delivery_of(row)

    async def page(self, query: DeliveryQuery, scope: Row) -> tuple[list[Delivery], int]:
        """See the port."""
        wanted: Row = dict(scope)
        if query.transaction_id:
            wanted["transaction_id"] = query.transaction_id
        if query.state:
            wanted["state"] = {"$in": sorted(_STATES_SHOWN_AS.get(query.state, {query.state}))}
        cursor = self._deliveries.find(wanted).sort([("created_at", -1), ("_id", -1)])
        rows = await cursor.skip((query.page - 1) * query.limit).limit(query.limit).to_list()
        total = await self._deliveries.count_documents(wanted, limit=10_000)
        return [delivery_of(row) for row in rows], total


def organizations_due_query(*, now: datetime, after: str, limit: int) -> list[Row]:
    """The aggregation of `MongoDeliveryStore.organizations_due`."""
    return [
        {"$match": {"state": "waiting", "organization_id": {"$gt": after}}},
        {"$sort": {"state": 1, "organization_id": 1, "next_attempt_at": 1}},
        {"$group": {"_id": "$organization_id", "first_at": {"$first": "$next_attempt_at"}}},
        {"$match": {"first_at": {"$lte": now}}},
        {"$sort": {"_id": 1}},
        {"$limit": limit},
    ]


def _readable(rows: Iterable[Row]) -> tuple[list[Delivery], list[tuple[Stuck, Exception]]]:
    """Edge: one row that cannot be read must not keep those of other organizations from being sent."""
    readable: list[Delivery] = []
    unreadable: list[tuple[Stuck, Exception]] = []
    for row in rows:
        try:
            readable.append(delivery_of(row))
        except Exception as exc:
            unreadable.append((stuck_of_row(row), exc))
    return readable, unreadable
