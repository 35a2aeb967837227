"""Checkout sessions in MongoDB."""

from dataclasses import replace
from datetime import datetime, timedelta

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.requests.transaction import ListQuery
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.records import Scope
from transaction.errors import stale
from transaction.ports import Page
from transaction.store.documents import CheckoutDocument
from transaction.store.listing import common_conditions, page_of, spelled
from transaction.store.mapping import Raw, difference, scoped, to_domain, to_raw

_FIXED = frozenset({"id", "version"})


class CheckoutStore:
    """See the port `Checkouts`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["checkouts"]

    async def insert(self, tx: Tx, checkout: Checkout) -> None:
        await self._rows.insert_one(to_raw(checkout), session=tx.session)

    async def get(self, scope: Scope, checkout_id: str, tx: Tx | None = None) -> Checkout | None:
        condition = scoped(scope, {"_id": checkout_id})
        found = await CheckoutDocument.find_one(condition, session=tx.session if tx else None)
        return None if found is None else to_domain(found, Checkout)

    async def by_secret_name(
        self, *, session_public_id: str | None = None, short_code: str | None = None
    ) -> Checkout | None:
        names = {"session_public_id": session_public_id, "short_code": short_code}
        given = {field: name for field, name in names.items() if name}
        found = await CheckoutDocument.find_one(given) if given else None
        return None if found is None else to_domain(found, Checkout)

    async def update(self, tx: Tx, before: Checkout, after: Checkout) -> Checkout:
        result = await self._rows.update_one(
            scoped(
                Scope(before.organization_id, before.livemode),
                {"_id": before.id, "status": before.status, "version": before.version},
            ),
            {"$set": difference(before, after, skip=_FIXED) | {"version": before.version + 1}},
            session=tx.session,
        )
        if result.modified_count != 1:
            raise stale("checkout")
        return replace(after, version=before.version + 1)

    async def page(self, scope: Scope, query: ListQuery, *, email_hash: str | None) -> Page[Checkout]:
        condition = common_conditions(query, email_hash=email_hash)
        if query.status is not None:
            condition["status"] = spelled(query.status)
        rows, total, capped, following = await page_of(self._rows, scope, condition, query)
        return Page(tuple(map(_read, rows)), total, capped, following)

    async def claim_due(self, now: datetime, lease: timedelta) -> Checkout | None:
        """For all tenants on purpose: a job."""
        result = await self._rows.find_one_and_update(
            {"status": "pending", "due_at": {"$lte": now}},
            {"$set": {"due_at": now + lease}},
            sort=[("due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return None if result is None else _read(result)


def _read(raw: Raw) -> Checkout:
    return to_domain(CheckoutDocument.model_validate(raw), Checkout)
