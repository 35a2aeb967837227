"""Cases and receipts in MongoDB."""

from dataclasses import replace

from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.requests.transaction import ListQuery
from gateway_kit.mongo.queries import is_text
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Case, Receipt, Scope, scope_of
from transaction.domain.states import WITH_MONEY
from transaction.domain.transaction import Transaction
from transaction.errors import stale
from transaction.ports import Page
from transaction.store.documents import CaseDocument, ReceiptDocument
from transaction.store.listing import common_conditions, page_of
from transaction.store.mapping import Raw, difference, scoped, to_domain, to_raw

_FIXED = frozenset({"id", "version"})
_WITH_MONEY = sorted(kind.value for kind in WITH_MONEY)

# A transaction has one or two; more come of a person who pays again and again.
_CASES_READ_MAX = 20


class CaseStore:
    """See the port `Cases`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["cases"]

    async def exists(self, tx: Tx, scope: Scope, key: str) -> bool:
        return (
            await self._rows.find_one(scoped(scope, {"key": key}), {"_id": 1}, session=await tx.settled()) is not None
        )

    async def open_by_key(self, tx: Tx, scope: Scope, key: str) -> Case | None:
        row = await self._rows.find_one(scoped(scope, {"key": key, "status": "open"}), session=await tx.settled())
        return None if row is None else _read(row)

    async def count_open(self, tx: Tx, scope: Scope, *, limit: int) -> int:
        condition = scoped(scope, {"status": "open"})
        return await self._rows.count_documents(condition, limit=limit, session=await tx.settled())

    async def insert(self, tx: Tx, case: Case) -> None:
        await self._rows.insert_one(to_raw(case), session=await tx.settled())

    async def get(self, scope: Scope, case_id: str, tx: Tx | None = None) -> Case | None:
        row = await self._rows.find_one(scoped(scope, {"_id": case_id}), session=await tx.settled() if tx else None)
        return None if row is None else _read(row)

    async def open_of_payment(
        self, scope: Scope, transaction_id: str, provider_payment_id: str | None, tx: Tx
    ) -> Case | None:
        condition = {"transaction_id": transaction_id, "status": "open", "kind": {"$in": _WITH_MONEY}}
        if provider_payment_id is not None:
            condition["provider_payment_id"] = provider_payment_id
        row = await self._rows.find_one(scoped(scope, condition), sort=[("_id", 1)], session=await tx.settled())
        return None if row is None else _read(row)

    async def waiting_money(self, tx: Tx, transaction: Transaction) -> int:
        condition = {"transaction_id": transaction.id, "status": "open", "currency": transaction.currency}
        condition = scoped(scope_of(transaction), condition | {"kind": {"$in": _WITH_MONEY}})
        rows = self._rows.find(condition, {"amount": 1}, session=await tx.settled())
        return sum([row.get("amount") or 0 async for row in rows])

    async def about_money(self, scope: Scope, transaction_id: str) -> Case | None:
        condition = scoped(scope, {"transaction_id": transaction_id, "kind": {"$in": _WITH_MONEY}})
        cases = [_read(row) async for row in self._rows.find(condition).sort("_id", -1).limit(_CASES_READ_MAX)]
        return next((case for case in cases if case.status == "open"), cases[0] if cases else None)

    async def update(self, tx: Tx, before: Case, after: Case) -> Case:
        result = await self._rows.update_one(
            scoped(before.scope, {"_id": before.id, "status": before.status}),
            {"$set": difference(before, after, skip=_FIXED) | {"version": before.version + 1}},
            session=await tx.settled(),
        )
        if result.modified_count != 1:
            raise stale("case")
        return replace(after, version=before.version + 1)

    async def page(self, scope: Scope, query: ListQuery) -> Page[Case]:
        condition = common_conditions(query.model_copy(update=_NOT_OF_CASES), email_hash=None, session_hash=None)
        for name in ("provider_id", "status"):
            if (value := getattr(query, name)) is not None:
                condition[name] = value
        if query.provider_payment_id is not None:
            condition["provider_payment_id"] = is_text(query.provider_payment_id)
        rows, total, capped, following = await page_of(self._rows, scope, condition, query)
        return Page(tuple(map(_read, rows)), total, capped, following)


_NOT_OF_CASES = dict.fromkeys(("site_id", "client_id", "external_reference", "invoice_number"))


def _read(raw: Raw) -> Case:
    return to_domain(CaseDocument.model_validate(raw), Case)


class ReceiptStore:
    """See the port `Receipts`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["receipts"]

    async def by_bank_reference(self, scope: Scope, bank_reference: str, tx: Tx) -> Receipt | None:
        condition = scoped(scope, {"bank_reference": bank_reference})
        found = await ReceiptDocument.find_one(condition, session=await tx.settled())
        return None if found is None else to_domain(found, Receipt)

    async def insert(self, tx: Tx, receipt: Receipt) -> None:
        await self._rows.insert_one(to_raw(receipt), session=await tx.settled())
