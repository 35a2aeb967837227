"""Deliveries, queues and orders, in MongoDB or in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.ipn import DeliveryQuery
from gateway_kit.mongo.global_store import GlobalStore
from gateway_kit.mongo.leases import Held, LeaseRule
from gateway_kit.mongo.pages import CREATED, Page, PageRequest
from gateway_kit.mongo.rows import MongoRows, RowsOf
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.changes import CHARGEBACK
from ipn.domain.delivery import OPEN_STATES, Delivery, Stuck
from ipn.domain.delivery_queue import DeliveryQueue
from ipn.domain.orders import Order
from ipn.ports import Chargeback, Lost, Sibling
from ipn.store.documents import DeliveryDocument, DeliveryQueueDocument, OrderDocument
from ipn.store.stuck import count_of, stuck_of_row

COUNTED_MAX: Final = 10_000
LEASES: Final = LeaseRule(waiting="waiting", held="sending", group="target")
# A bound that every time fulfils: with one, the index of those that wait is used.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WAITING: Final = {"state": "waiting", "next_attempt_at": {"$gt": _EARLIEST}}
_BY_TRANSACTION: Final = (("organization_id", 1), ("livemode", 1), ("transaction_id", 1), ("created_at", -1))
# What the operator alone can send again is, for its merchant, a delivery without further attempts.
_STATES_SHOWN_AS: Final = {"waiting": OPEN_STATES, "exhausted": {"exhausted", "set_aside"}}


class KernelDeliveryStore:
    """The delivery store port over the stores of the kernel."""

    def __init__(self, rows: RowsOf = MongoRows) -> None:
        self._deliveries: Store[Delivery] = Store(DeliveryDocument, rows(DeliveryDocument))
        self._queues: GlobalStore[DeliveryQueue] = GlobalStore(DeliveryQueueDocument, rows(DeliveryQueueDocument))
        self._orders: GlobalStore[Order] = GlobalStore(OrderDocument, rows(OrderDocument))
        self._leases = self._deliveries.leases(LEASES)

    async def backlog(self) -> tuple[int, datetime | None]:
        """How many wait for an attempt (no more than 10,000 are counted), and when the first of them was due."""
        everything = self._deliveries.across_tenants
        count = await everything.count(None, _WAITING, limit=COUNTED_MAX)
        first = await everything.first(None, _WAITING, sort=[("next_attempt_at", 1)])
        return count, first.next_attempt_at if first else None

    async def queues(self, tx: Tx, ids: Collection[str]) -> dict[str, DeliveryQueue]:
        """See the port."""
        found = await self._queues.find(tx, {"_id": {"$in": list(ids)}}, sort=()) if ids else []
        return {queue.id: queue for queue in found}

    def save_queues(self, tx: Tx, before: Mapping[str, DeliveryQueue], after: Iterable[DeliveryQueue]) -> None:
        """See the port. The revision makes every save a write, so that two transactions on one queue conflict."""
        for queue in after:
            saved = queue.model_copy(update={"revision": queue.revision + 1, "updated_at": tx.now})
            if queue.revision:
                self._queues.replace(tx, before[queue.id], saved)
            else:
                self._queues.insert(tx, saved)

    async def mark_paid(self, payers: Mapping[str, str], *, now: datetime) -> None:
        """See the port."""
        orders = [Order(id=key, paid_by=payers[key], updated_at=now) for key in sorted(payers)]
        is_new = await self._orders.now.insert_each(orders) if orders else []
        for order, new in zip(orders, is_new, strict=True):
            # Versions before stored orders also before they were paid.
            known = None if new else await self._orders.get(None, order.id)
            if known and known.paid_by is None:
                await self._orders.now.replace(known, order, guard=("paid_by",))

    async def is_paid_elsewhere(self, orders: Collection[str], *, checkout_id: str) -> bool:
        """See the port."""
        paying = {"pays": {"$in": list(orders)}, "lane": {"$ne": checkout_id}}
        if await self._deliveries.across_tenants.first(None, paying) is not None:
            return True
        noted = {"_id": {"$in": list(orders)}, "paid_by": {"$nin": [None, checkout_id]}}
        return await self._orders.first(None, noted, sort=()) is not None

    async def open_of_orders(self, orders: Collection[str], *, after: str, limit: int) -> list[Sibling]:
        """See the port."""
        if not orders:
            return []
        wanted = {"orders": {"$in": list(orders)}, "state": {"$in": sorted(OPEN_STATES)}, "_id": {"$gt": after}}
        found = await self._deliveries.across_tenants.find(None, wanted, sort=[("_id", 1)], limit=limit)
        return [Sibling(delivery.id, delivery.lane, delivery.orders) for delivery in found]

    async def chargebacks(self, tx: Tx, transactions: Collection[tuple[str, bool, str]]) -> list[Chargeback]:
        """See the port."""
        each = [
            (Scope(organization_id, livemode), {"transaction_id": transaction_id, "ipn_status": CHARGEBACK})
            for organization_id, livemode, transaction_id in transactions
        ]
        found = await self._deliveries.find_among(tx, each, hint=_BY_TRANSACTION)
        return [
            Chargeback(
                delivery_id=delivery.id,
                transaction_id=delivery.transaction_id,
                dispute_id=delivery.dispute_id,
                is_tried=bool(delivery.attempts),
                is_open=delivery.state not in ("superseded", "set_aside"),
            )
            for delivery in found
        ]

    async def first_deliveries(self, tx: Tx, checkout_ids: Collection[str]) -> dict[str, Delivery]:
        """See the port."""
        found = await self._deliveries.across_tenants.find(tx, {"opens": {"$in": list(checkout_ids)}})
        return {str(delivery.opens): delivery for delivery in found}

    async def add_first(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """See the port. A delivery that exists, or whose queue has one, is refused by a unique key."""
        return await self._deliveries.now.insert_each(deliveries)

    async def load(self, tx: Tx, ids: Collection[str]) -> dict[str, Delivery]:
        """See the port."""
        found = await self._deliveries.across_tenants.find(tx, {"_id": {"$in": list(ids)}}) if ids else []
        return {delivery.id: delivery for delivery in found}

    def add(self, tx: Tx, delivery: Delivery) -> None:
        """See the port."""
        self._deliveries.insert(tx, delivery)

    def save(self, tx: Tx, before: Delivery, after: Delivery) -> Delivery:
        """See the port."""
        if after.state not in OPEN_STATES:
            after = after.model_copy(update={"finished_at": tx.now})
        return self._deliveries.replace(tx, before, after)

    async def waiting(self, *, limit: int) -> list[Delivery]:
        """See the port."""
        everything = self._deliveries.across_tenants
        return await everything.find(None, _WAITING, sort=[("next_attempt_at", 1)], limit=limit)

    async def organizations_due(self, *, now: datetime, after: str, limit: int) -> list[str]:
        """See the port."""
        return await self._leases.tenants_due(now=now, after=after, limit=limit)

    async def due_of(
        self, organization_id: str, *, now: datetime, limit: int, without: Collection[str]
    ) -> list[tuple[str, str]]:
        """See the port."""
        return await self._leases.due_of(organization_id, now=now, limit=limit, without=without)

    async def claim(
        self, ids: Collection[str], *, now: datetime, lease_until: datetime, claim: str
    ) -> tuple[list[Delivery], list[tuple[Stuck, Exception]]]:
        """See the port."""
        claims = await self._leases.claim(ids, now=now, until=lease_until, claim=claim)
        return claims.won, [(stuck_of_row(row), error) for row, error in claims.unreadable]

    async def release(self, deliveries: Collection[Delivery], *, now: datetime) -> None:
        """See the port."""
        await self._leases.release([_held(delivery) for delivery in deliveries], now=now)

    async def lost(self, *, now: datetime, limit: int) -> list[Lost]:
        """See the port."""
        found = await self._leases.lost(now=now, limit=limit)
        return [Lost(stuck_of_row(row), count_of(row.raw, "unrecorded") + 1) for row in found]

    async def take_back(self, lost: Collection[tuple[Lost, datetime]]) -> None:
        """See the port."""
        each = [(_held(one.stuck), due_at, {"unrecorded": one.unrecorded}) for one, due_at in lost]
        await self._leases.take_back(each)

    async def extend(self, stuck: Collection[Stuck], *, until: datetime) -> None:
        """See the port."""
        await self._leases.extend([_held(one) for one in stuck], until=until)

    async def set_aside(self, tx: Tx, stuck: Stuck, *, reason: str) -> bool:
        """See the port. Nothing but the state changes: a row that cannot be read is kept as it is."""
        change: dict[str, Any] = {"state": "set_aside", "set_aside": {"reason": reason, "at": tx.now}}
        return await self._leases.end(tx, _held(stuck), states=OPEN_STATES, change=change)

    async def find(self, delivery_id: str, scope: Scope) -> Delivery | None:
        """See the port."""
        return await self._deliveries.get(None, scope, delivery_id)

    async def page(self, query: DeliveryQuery, scope: Scope, *, target: str | None = None) -> Page[Delivery]:
        """See the port."""
        given = {"transaction_id": query.transaction_id, "site_id": query.site_id, "target": target}
        wanted: dict[str, Any] = {name: value for name, value in given.items() if value}
        if query.state:
            wanted["state"] = {"$in": sorted(_STATES_SHOWN_AS.get(query.state, {query.state}))}
        request = PageRequest(query.page, query.limit, query.cursor or None, query.created_from, query.created_to)
        return await self._deliveries.page(scope, request, wanted, key=CREATED)


def _held(one: Delivery | Stuck) -> Held:
    return Held(one.id, one.claim)
