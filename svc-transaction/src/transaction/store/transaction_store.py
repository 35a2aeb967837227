"""Transactions in MongoDB."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from bson import MaxKey, MinKey
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.requests.transaction import ListQuery
from gateway_kit.mongo.due_rows import MongoDueRows
from gateway_kit.mongo.queries import are_texts, is_text
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Scope
from transaction.domain.states import OPEN, Status
from transaction.domain.transaction import TIMELINE_ENTRIES_MAX, Transaction
from transaction.errors import stale
from transaction.ports import Page, PaymentName, Place
from transaction.store.documents import TransactionDocument
from transaction.store.listing import common_conditions, page_of, spelled
from transaction.store.mapping import Raw, difference, encode, scoped, to_domain, to_raw

TRANSACTIONS: Final = "transactions"
_FIXED = frozenset({"id", "version", "timeline"})
_OF_TENANT = ("organization_id", "livemode", "hidden_at", "_id")
_DIRECTIONS = (1, 1, 1, -1)
_OPEN = sorted(status.value for status in OPEN)


class TransactionStore:
    """See the port `Transactions`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db[TRANSACTIONS]
        is_open: Raw = {"status": {"$in": _OPEN}}
        self.unresolved = MongoDueRows(
            self._rows, "resolve-transactions", due="resolve_at", condition=is_open, read=_read
        )
        self.overdue = MongoDueRows(self._rows, "expire-deadlines", due="deadline_at", condition=is_open, read=_read)

    async def insert(self, tx: Tx, transaction: Transaction) -> None:
        tx.pending.insert(TRANSACTIONS, to_raw(transaction))

    async def get(self, scope: Scope, transaction_id: str, tx: Tx | None = None) -> Transaction | None:
        return await _one(scoped(scope, {"_id": transaction_id}), tx)

    async def owned(self, transaction_id: str, session_hashes: Sequence[str]) -> Transaction | None:
        if not session_hashes:
            return None
        return await _one({"_id": transaction_id, "session_hash": {"$in": list(session_hashes)}}, None)

    async def by_provider_payment(
        self, scope: Scope, provider_id: str, provider_payment_id: str, tx: Tx
    ) -> Transaction | None:
        read: Transaction | None = tx.ahead.pop(_ahead(scope, provider_id, provider_payment_id), None)
        if read is not None:
            return read
        condition = {"provider_id": provider_id, "provider_payment_id": is_text(provider_payment_id)}
        return await _one(scoped(scope, condition), tx)

    async def read_ahead(self, tx: Tx, payments: Sequence[PaymentName]) -> list[Transaction]:
        by_account: dict[tuple[Scope, str], list[str]] = {}
        for scope, provider_id, name in payments:
            by_account.setdefault((scope, provider_id), []).append(name)
        accounts = [
            scoped(scope, {"provider_id": provider_id, "provider_payment_id": are_texts(names)})
            for (scope, provider_id), names in by_account.items()
        ]
        rows = await self._rows.find({"$or": accounts}).to_list() if accounts else []
        found = [_read(row) for row in rows]
        for one in found:
            assert one.provider_payment_id is not None, "it was found by it"
            scope = Scope(one.organization_id, one.livemode)
            tx.ahead[_ahead(scope, one.provider_id, one.provider_payment_id)] = one
        return found

    async def of_checkout(self, scope: Scope, checkout_id: str, tx: Tx | None = None) -> tuple[Transaction, ...]:
        rows = self._rows.find(scoped(scope, {"checkout_id": checkout_id}), session=await tx.settled() if tx else None)
        return tuple([_read(row) async for row in rows.sort("_id", 1)])

    async def update(self, tx: Tx, before: Transaction, after: Transaction) -> Transaction:
        change: Raw = {"$set": difference(before, after, skip=_FIXED) | {"version": before.version + 1}}
        if added := after.timeline[len(before.timeline) :]:
            change["$push"] = {"timeline": {"$each": encode(added), "$slice": -TIMELINE_ENTRIES_MAX}}
        scope = Scope(before.organization_id, before.livemode)
        as_read = scoped(scope, {"_id": before.id, "status": before.status.value, "version": before.version})
        tx.pending.update(TRANSACTIONS, as_read, change, otherwise=stale("transaction"))
        return replace(after, version=before.version + 1)

    async def page(
        self, scope: Scope, query: ListQuery, *, email_hash: str | None, session_hash: str | None
    ) -> Page[Transaction]:
        condition = common_conditions(query, email_hash=email_hash, session_hash=session_hash)
        condition["hidden_at"] = None
        if query.provider_id is not None:
            condition["provider_id"] = query.provider_id
        if query.provider_payment_id is not None:
            condition["provider_payment_id"] = is_text(query.provider_payment_id)
        if query.status is not None:
            condition["status"] = {"$in": _stored_statuses(query.status)}
        if query.disputed is not None:
            condition["contested"] = True if query.disputed else {"$ne": True}
        if query.refunded is not None:
            condition["refunded"] = {"$gt": 0} if query.refunded else {"$lte": 0}
        rows, total, capped, following = await page_of(self._rows, scope, condition, query)
        return Page(tuple(map(_read, rows)), total, capped, following)

    async def many(self, tx: Tx, ids: Sequence[str]) -> tuple[Transaction, ...]:
        """For all tenants on purpose: a job."""
        rows = self._rows.find({"_id": {"$in": list(ids)}}, session=await tx.settled()).sort("_id", 1)
        return tuple([_read(row) async for row in rows])

    async def ids_after(self, after_id: str | None, limit: int) -> tuple[str, ...]:
        """For all tenants on purpose: a job."""
        condition: Raw = {} if after_id is None else {"_id": {"$gt": after_id}}
        rows = self._rows.find(condition, {"_id": 1}).sort("_id", 1).limit(limit)
        return tuple([row["_id"] async for row in rows])

    async def next_tenant(self, after: str) -> str | None:
        """For all tenants on purpose: a job. The index leads from one organization to the next."""
        condition = {"organization_id": {"$gt": after}}
        found = await self._rows.find_one(condition, {"organization_id": 1}, sort=[("organization_id", 1)])
        return None if found is None else str(found["organization_id"])

    async def ids_of_tenant(
        self, organization_id: str, after: Place | None, limit: int
    ) -> tuple[tuple[str, ...], Place | None]:
        """Along the index of the list, in its order: mode, deletion, then the newest first."""
        begin: tuple[Any, Any, Any] = after or (MinKey(), MinKey(), MaxKey())
        end: tuple[Any, ...] = (f"{organization_id}\0", MinKey(), MinKey(), MaxKey())
        rows = (
            self._rows.find({}, {"livemode": 1, "hidden_at": 1})
            .hint(list(zip(_OF_TENANT, _DIRECTIONS, strict=True)))
            .min(list(zip(_OF_TENANT, (organization_id, *begin), strict=True)))
            .max(list(zip(_OF_TENANT, end, strict=True)))
            .limit(limit + 1)
        )
        found: list[Place] = [(row["livemode"], row.get("hidden_at"), row["_id"]) async for row in rows]
        if after is not None and found and found[0] == after:
            found = found[1:]
        found = found[:limit]
        return tuple(place[2] for place in found), found[-1] if len(found) == limit else None


def _stored_statuses(shown: str) -> list[str]:
    wanted = spelled(shown)
    return [wanted, Status.UNKNOWN.value] if wanted == Status.PENDING.value else [wanted]


def _ahead(scope: Scope, provider_id: str, provider_payment_id: str) -> tuple[str, ...]:
    return TRANSACTIONS, scope.organization_id, str(scope.livemode), provider_id, provider_payment_id


async def _one(condition: Raw, tx: Tx | None) -> Transaction | None:
    found = await TransactionDocument.find_one(condition, session=await tx.settled() if tx else None)
    return None if found is None else to_domain(found, Transaction)


def _read(raw: Raw) -> Transaction:
    return to_domain(TransactionDocument.model_validate(raw), Transaction)
