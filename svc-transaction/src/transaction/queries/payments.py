"""Checkouts and their transactions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.transaction import CheckoutQuery, TransactionQuery
from gateway_kit.mongo.pages import Page
from gateway_kit.mongo.queries import are_texts, is_text
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import DueRows
from transaction.domain.checkout import Checkout
from transaction.domain.states import OPEN, Status
from transaction.domain.transaction import Transaction
from transaction.queries.listing import common_conditions, page_of
from transaction.queries.search import matching

PaymentName = tuple[Scope, str, str]
"""Tenant, provider account, and the provider's own name of a payment there."""

Place = tuple[bool, datetime | None, str]
"""A place in the index of one organization's transactions: mode, when it was deleted, id."""

_OF_TENANT: Final = (("organization_id", 1), ("livemode", 1), ("hidden_at", 1), ("_id", -1))
_IS_OPEN: Final = {"status": {"$in": sorted(status.value for status in OPEN)}}


class Checkouts(Store[Checkout]):
    """Sessions."""

    @property
    def expiring(self) -> DueRows[Checkout]:
        """Pending ones whose time is over."""
        return self.claim_due("expire-sessions", due="due_at", where={"status": "pending"})

    async def of_transactions(self, transactions: Iterable[Transaction]) -> dict[str, Checkout]:
        """Those of transactions of any tenant, by id."""
        ids = list({transaction.checkout_id for transaction in transactions})
        found = await self.across_tenants.find(None, {"_id": {"$in": ids}}) if ids else []
        return {checkout.id: checkout for checkout in found}

    async def by_secret_name(
        self, *, session_hash: str | None = None, short_code_hash: str | None = None
    ) -> Checkout | None:
        """The one with this secret name, whatever the tenant; found by the name's hash."""
        hashes = {"session_hash": session_hash, "short_code_hash": short_code_hash}
        given = {name: found for name, found in hashes.items() if found}
        return await self.across_tenants.first(None, given) if given else None

    async def listed(
        self, scope: Scope, query: CheckoutQuery, *, email_hash: str | None, session_hash: str | None
    ) -> Page[Checkout]:
        """One page, newest first."""
        where = common_conditions(query, email_hash=email_hash, session_hash=session_hash)
        if query.status is not None:
            where["status"] = query.status
        return await page_of(self, scope, where, query)


class Transactions(Store[Transaction]):
    """Attempts to pay."""

    @property
    def unresolved(self) -> DueRows[Transaction]:
        """Open ones about which the provider is to be asked."""
        return self.claim_due("resolve-transactions", due="resolve_at", where=_IS_OPEN)

    @property
    def overdue(self) -> DueRows[Transaction]:
        """Open ones whose method's deadline has passed."""
        return self.claim_due("expire-deadlines", due="deadline_at", where=_IS_OPEN)

    async def owned(self, transaction_id: str, session_hashes: Sequence[str]) -> Transaction | None:
        """The transaction, if one of these secret names (their hashes) owns it, whatever the tenant."""
        if not session_hashes:
            return None
        where = {"_id": transaction_id, "session_hash": {"$in": list(session_hashes)}}
        return await self.across_tenants.first(None, where)

    async def by_provider_payment(
        self, tx: Tx, scope: Scope, provider_id: str, provider_payment_id: str
    ) -> Transaction | None:
        """The one of this payment."""
        where = {"provider_id": provider_id, "provider_payment_id": is_text(provider_payment_id)}
        return await self.first(tx, scope, where)

    async def of_payments(self, payments: Iterable[PaymentName]) -> dict[PaymentName, Transaction]:
        """Those of payments of any tenant."""
        accounts: dict[tuple[Scope, str], list[str]] = {}
        for scope, provider_id, name in payments:
            accounts.setdefault((scope, provider_id), []).append(name)
        wanted = [
            {
                "organization_id": scope.organization_id,
                "livemode": scope.livemode,
                "provider_id": provider_id,
                "provider_payment_id": are_texts(names),
            }
            for (scope, provider_id), names in accounts.items()
        ]
        found = await self.across_tenants.find(None, {"$or": wanted}) if wanted else []
        return {(each.scope, each.provider_id, each.provider_payment_id or ""): each for each in found}

    async def of_checkout(self, tx: Tx | None, scope: Scope, checkout_id: str) -> list[Transaction]:
        """The attempts to pay a checkout, oldest first."""
        return await self.find(tx, scope, {"checkout_id": checkout_id})

    async def listed(
        self,
        scope: Scope,
        query: TransactionQuery,
        *,
        email_hash: str | None,
        session_hash: str | None,
        text_hash: str | None = None,
    ) -> Page[Transaction]:
        """One page, newest first, without those that were deleted.

        Args:
            text_hash: of the text that is searched, if it may be an e-mail address.
        """
        where = common_conditions(query, email_hash=email_hash, session_hash=session_hash)
        where["hidden_at"] = None
        if query.provider_id is not None:
            where["provider_id"] = query.provider_id
        if query.provider_payment_id is not None:
            where["provider_payment_id"] = is_text(query.provider_payment_id)
        if query.status is not None:
            where["status"] = {"$in": _stored_statuses(query.status)}
        if query.disputed is not None:
            where["contested"] = True if query.disputed else {"$ne": True}
        if query.refunded is not None:
            where["refunded"] = {"$gt": 0} if query.refunded else {"$lte": 0}
        text = (query.q or "").strip()
        any_of = matching(text, email_hash=text_hash) if text else ()
        return await page_of(self, scope, where, query, any_of=any_of)

    async def ids_after(self, after_id: str | None, limit: int) -> list[str]:
        """Ids of all tenants, in their order."""
        after = () if after_id is None else (after_id,)
        return [place[0] for place in await self.across_tenants.walk((("_id", 1),), after=after, limit=limit)]

    async def next_tenant(self, after: str) -> str | None:
        """The next organization that has transactions, in the order of their ids; None after the last."""
        found = await self.across_tenants.walk(_OF_TENANT, after=(after,), limit=1)
        return found[0][0] if found else None

    async def ids_of_tenant(
        self, organization_id: str, after: Place | None, limit: int
    ) -> tuple[list[str], Place | None]:
        """The next ids of one organization, and where to go on; None at its end.

        In the order of the list's index: mode, deletion, then the newest first.
        """
        found: list[tuple[Any, ...]] = await self.across_tenants.walk(
            _OF_TENANT, within=(organization_id,), after=() if after is None else (organization_id, *after), limit=limit
        )
        return [place[3] for place in found], found[-1][1:] if len(found) == limit else None


def _stored_statuses(shown: str) -> list[str]:
    return [shown, Status.UNKNOWN.value] if shown == Status.PENDING.value else [shown]
