"""Deliveries and lanes in MongoDB. Every change of a delivery is guarded by its version."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pymongo import UpdateOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from gateway_contracts.requests.ipn import DeliveryQuery
from gateway_kit.mongo.unit_of_work import DUPLICATE_KEY, Tx
from ipn.domain.delivery import OPEN_STATES, Delivery
from ipn.domain.lane import Lane
from ipn.domain.outcome import Outcome
from ipn.errors import StaleDelivery
from ipn.store.rows import delivery_of, lane_of, row_of_attempt, row_of_delivery, row_of_lane

Row = dict[str, Any]

# More than the schedule has; an operator who sends again and again loses the oldest.
ATTEMPTS_MAX: Final = 50
COUNTED_MAX: Final = 10_000
# A bound that every time fulfils: with one, the index of those that wait is used.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What a save may change; the rest of a delivery is fixed when it is made.
_MUTABLE: Final = ("state", "next_attempt_at", "lease_until", "claim", "made", "resend_of", "version", "solo")


class MongoDeliveryStore:
    """The delivery store port."""

    def __init__(self, db: AsyncDatabase[Row]) -> None:
        self._deliveries = db["deliveries"]
        self._lanes = db["lanes"]

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
            raise StaleDelivery("a delivery was changed by somebody else")

    def _update(self, delivery: Delivery, attempt: Outcome | None, now: datetime) -> UpdateOne:
        fields: Row = {name: getattr(delivery, name) for name in _MUTABLE}
        if delivery.state not in OPEN_STATES:
            fields["finished_at"] = now
        change: Row = {"$set": fields}
        if attempt is not None:
            change["$push"] = {"attempts": {"$each": [row_of_attempt(attempt)], "$slice": -ATTEMPTS_MAX}}
        return UpdateOne({"_id": delivery.id, "version": delivery.version - 1}, change)

    async def due(self, *, now: datetime, limit: int, without: Collection[str]) -> list[tuple[str, str]]:
        """See the port."""
        elsewhere: Row = {"target": {"$nin": list(without)}} if without else {}
        waiting = {"state": "waiting", "next_attempt_at": {"$lte": now}, **elsewhere}
        rows = await self._deliveries.find(waiting, {"target": 1}).sort("next_attempt_at", 1).limit(limit).to_list()
        if len(rows) < limit:
            lost = {"state": "sending", "lease_until": {"$lte": now}, **elsewhere}
            rows += await self._deliveries.find(lost, {"target": 1}).limit(limit - len(rows)).to_list()
        return [(row["_id"], row["target"]) for row in rows]

    async def claim(self, ids: Collection[str], *, now: datetime, lease_until: datetime, claim: str) -> list[Delivery]:
        """See the port. Two processes that want the same delivery: the update's condition lets one of them win."""
        still_due = [
            {"state": "waiting", "next_attempt_at": {"$lte": now}},
            {"state": "sending", "lease_until": {"$lte": now}},
        ]
        fields = {"state": "sending", "claim": claim, "lease_until": lease_until, "next_attempt_at": None}
        await self._deliveries.update_many(
            {"_id": {"$in": list(ids)}, "$or": still_due}, {"$set": fields, "$inc": {"version": 1}}
        )
        rows = await self._deliveries.find({"_id": {"$in": list(ids)}, "claim": claim}).to_list()
        return [delivery_of(row) for row in rows]

    async def release(self, deliveries: Collection[Delivery], *, now: datetime) -> None:
        """See the port."""
        unused: Row = {"state": "waiting", "claim": None, "lease_until": None, "next_attempt_at": now}
        ours = [{"_id": delivery.id, "claim": delivery.claim, "state": "sending"} for delivery in deliveries]
        await self._deliveries.update_many({"$or": ours}, {"$set": unused, "$inc": {"version": 1}})

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
            wanted["state"] = {"$in": sorted(OPEN_STATES)} if query.state == "waiting" else query.state
        cursor = self._deliveries.find(wanted).sort([("created_at", -1), ("_id", -1)])
        rows = await cursor.skip((query.page - 1) * query.limit).limit(query.limit).to_list()
        total = await self._deliveries.count_documents(wanted, limit=10_000)
        return [delivery_of(row) for row in rows], total
