"""Cases and receipts in MongoDB."""

from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.requests.transaction import ListQuery
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Case, Receipt, Scope
from transaction.ports import Page
from transaction.store.documents import CaseDocument, ReceiptDocument
from transaction.store.listing import common_conditions, page_of
from transaction.store.mapping import Raw, scoped, to_domain, to_raw


class CaseStore:
    """See the port `Cases`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["cases"]

    async def exists(self, tx: Tx, scope: Scope, key: str) -> bool:
        return await self._rows.find_one(scoped(scope, {"key": key}), {"_id": 1}, session=tx.session) is not None

    async def insert(self, tx: Tx, case: Case) -> None:
        await self._rows.insert_one(to_raw(case), session=tx.session)

    async def page(self, scope: Scope, query: ListQuery) -> Page[Case]:
        condition = common_conditions(query.model_copy(update=_NOT_OF_CASES), email_hash=None)
        for name in ("provider_id", "provider_payment_id", "status"):
            if (value := getattr(query, name)) is not None:
                condition[name] = value
        rows, total, capped, following = await page_of(self._rows, scope, condition, query)
        return Page(tuple(map(_read, rows)), total, capped, following)


_NOT_OF_CASES = dict.fromkeys(("site_id", "client_id", "external_reference", "invoice_number", "session_public_id"))


def _read(raw: Raw) -> Case:
    return to_domain(CaseDocument.model_validate(raw), Case)


class ReceiptStore:
    """See the port `Receipts`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["receipts"]

    async def by_bank_reference(self, scope: Scope, bank_reference: str, tx: Tx) -> Receipt | None:
        condition = scoped(scope, {"bank_reference": bank_reference})
        found = await ReceiptDocument.find_one(condition, session=tx.session)
        return None if found is None else to_domain(found, Receipt)

    async def insert(self, tx: Tx, receipt: Receipt) -> None:
        await self._rows.insert_one(to_raw(receipt), session=tx.session)
