"""Cases and receipts."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.requests.case import CaseQuery
from gateway_kit.mongo.pages import Page
from gateway_kit.mongo.queries import is_text
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Case, Receipt
from transaction.domain.states import WITH_MONEY
from transaction.domain.transaction import Transaction
from transaction.queries.listing import common_conditions, page_of

_ABOUT_MONEY: Final[Mapping[str, Any]] = {"kind": {"$in": sorted(kind.value for kind in WITH_MONEY)}}
_NOT_OF_CASES: Final = dict.fromkeys(("site_id", "client_id", "external_reference", "invoice_number"))

# A transaction has one or two; more come of a person who pays again and again.
_CASES_READ_MAX: Final = 20


class Cases(Store[Case]):
    """Money and facts that wait for a person."""

    def open(self, tx: Tx, case: Case) -> None:
        """Insert it; one of the same key that is opened at the same moment is a lost race."""
        self.insert(tx, case, otherwise=ChangedMeanwhile())

    async def exists(self, tx: Tx, scope: Scope, key: str) -> bool:
        """Whether there is one of this key, open or decided."""
        return await self.first(tx, scope, {"key": key}) is not None

    async def open_by_key(self, tx: Tx, scope: Scope, key: str) -> Case | None:
        """The open one of this key."""
        return await self.first(tx, scope, {"key": key, "status": "open"})

    async def count_open(self, tx: Tx, scope: Scope, *, limit: int) -> int:
        """The number of open ones, counted to the limit."""
        return await self.count(tx, scope, {"status": "open"}, limit=limit)

    async def open_of_payment(
        self, tx: Tx, scope: Scope, transaction_id: str, provider_payment_id: str | None
    ) -> Case | None:
        """The oldest open case about money of that payment; of any payment of the transaction if None is given."""
        where = {**_ABOUT_MONEY, "transaction_id": transaction_id, "status": "open"}
        if provider_payment_id is not None:
            where["provider_payment_id"] = provider_payment_id
        return await self.first(tx, scope, where, sort=[("_id", 1)])

    async def waiting_money(self, tx: Tx, transaction: Transaction) -> int:
        """Sum of the open cases about money of the transaction, in minor units of its currency."""
        where = {"transaction_id": transaction.id, "status": "open", "currency": transaction.currency}
        return sum(case.amount or 0 for case in await self.find(tx, transaction.scope, {**_ABOUT_MONEY, **where}))

    async def about_money(self, scope: Scope, transaction_id: str) -> Case | None:
        """The case about money of the transaction that says most: an open one, else the latest."""
        where = {**_ABOUT_MONEY, "transaction_id": transaction_id}
        cases = await self.find(None, scope, where, sort=[("_id", -1)], limit=_CASES_READ_MAX)
        return next((case for case in cases if case.status == "open"), cases[0] if cases else None)

    async def listed(self, scope: Scope, query: CaseQuery) -> Page[Case]:
        """One page, newest first."""
        where = common_conditions(query.model_copy(update=_NOT_OF_CASES), email_hash=None, session_hash=None)
        for name in ("provider_id", "status"):
            if (value := getattr(query, name)) is not None:
                where[name] = value
        for name in ("provider_payment_id", "transaction_id"):
            if (value := getattr(query, name)) is not None:
                where[name] = is_text(value)
        return await page_of(self, scope, where, query)


class Receipts(Store[Receipt]):
    """Money on the merchant's bank account."""

    async def by_bank_reference(self, tx: Tx, scope: Scope, bank_reference: str) -> Receipt | None:
        """The one of this reference."""
        return await self.first(tx, scope, {"bank_reference": bank_reference})
