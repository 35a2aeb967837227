"""Disputes and customer holds in MongoDB."""

from collections.abc import Sequence
from dataclasses import replace

from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.dispute import Dispute, Hold
from transaction.domain.records import Scope
from transaction.errors import stale
from transaction.store.documents import DisputeDocument, HoldDocument
from transaction.store.mapping import Raw, by_transaction, difference, scoped, to_domain, to_raw

_FIXED = frozenset({"id", "version"})
_HOLDS_MAX = 100


class DisputeStore:
    """See the port `Disputes`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["disputes"]

    async def insert(self, tx: Tx, dispute: Dispute) -> None:
        await self._rows.insert_one(to_raw(dispute), session=await tx.settled())

    async def get(self, scope: Scope, dispute_id: str, tx: Tx | None = None) -> Dispute | None:
        return await self._one(scoped(scope, {"_id": dispute_id}), tx)

    async def by_provider_dispute(
        self, scope: Scope, provider_id: str, provider_dispute_id: str, tx: Tx
    ) -> Dispute | None:
        condition = {"provider_id": provider_id, "provider_dispute_id": provider_dispute_id}
        return await self._one(scoped(scope, condition), tx)

    async def of_transaction(self, scope: Scope, transaction_id: str, tx: Tx | None = None) -> tuple[Dispute, ...]:
        rows = self._rows.find(
            scoped(scope, {"transaction_id": transaction_id}), session=await tx.settled() if tx else None
        )
        return tuple([_read(row) async for row in rows.sort("_id", 1)])

    async def of_transactions(self, tx: Tx, ids: Sequence[str]) -> dict[str, list[Dispute]]:
        """For all tenants on purpose: a job."""
        rows = self._rows.find({"transaction_id": {"$in": list(ids)}}, session=await tx.settled()).sort("_id", 1)
        return by_transaction([(row["transaction_id"], _read(row)) async for row in rows])

    async def open_of_customer(self, scope: Scope, email_hashes: Sequence[str]) -> Dispute | None:
        return await self._one(_of_customer(scope, email_hashes, {"open": True}), None)

    async def update(self, tx: Tx, before: Dispute, after: Dispute) -> Dispute:
        result = await self._rows.update_one(
            scoped(before.scope, {"_id": before.id, "status": before.status.value, "version": before.version}),
            {"$set": difference(before, after, skip=_FIXED) | {"version": before.version + 1}},
            session=await tx.settled(),
        )
        if result.modified_count != 1:
            raise stale("dispute")
        return replace(after, version=before.version + 1)

    async def _one(self, condition: Raw, tx: Tx | None) -> Dispute | None:
        row = await self._rows.find_one(condition, session=await tx.settled() if tx else None)
        return None if row is None else _read(row)


class HoldStore:
    """See the port `Holds`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["customer_holds"]

    async def put(self, tx: Tx, hold: Hold) -> None:
        """One hold per dispute: a later decision replaces the earlier one."""
        row = to_raw(hold)
        scope = Scope(hold.organization_id, hold.livemode)
        identifier = row.pop("_id")
        await self._rows.update_one(
            scoped(scope, {"dispute_id": hold.dispute_id}),
            {"$set": row, "$setOnInsert": {"_id": identifier}},
            upsert=True,
            session=await tx.settled(),
        )

    async def of_customer(self, scope: Scope, email_hashes: Sequence[str]) -> tuple[Hold, ...]:
        rows = self._rows.find(_of_customer(scope, email_hashes, {"active": True}))
        return tuple([_read_hold(row) async for row in rows.sort("_id", 1)])

    async def of_dispute(self, scope: Scope, dispute_id: str, tx: Tx) -> Hold | None:
        row = await self._rows.find_one(scoped(scope, {"dispute_id": dispute_id}), session=await tx.settled())
        return None if row is None else _read_hold(row)

    async def get(self, scope: Scope, hold_id: str, tx: Tx) -> Hold | None:
        row = await self._rows.find_one(scoped(scope, {"_id": hold_id}), session=await tx.settled())
        return None if row is None else _read_hold(row)

    async def list(self, scope: Scope, *, email_hash: str | None, with_released: bool) -> tuple[Hold, ...]:
        condition: Raw = {} if with_released else {"active": True}
        wanted = scoped(scope, condition) if email_hash is None else _of_customer(scope, [email_hash], condition)
        rows = self._rows.find(wanted).sort("_id", -1).limit(_HOLDS_MAX)
        return tuple([_read_hold(row) async for row in rows])


def _of_customer(scope: Scope, email_hashes: Sequence[str], condition: Raw) -> Raw:
    """Whole conditions in each branch: both have an index that begins with the tenant."""
    names = ("email_hash", "other_email_hashes")
    return {"$or": [scoped(scope, {**condition, name: {"$in": list(email_hashes)}}) for name in names]}


def _read(raw: Raw) -> Dispute:
    return to_domain(DisputeDocument.model_validate(raw), Dispute)


def _read_hold(raw: Raw) -> Hold:
    return to_domain(HoldDocument.model_validate(raw), Hold)
