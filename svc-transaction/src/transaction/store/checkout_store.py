"""Checkout sessions in MongoDB."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.requests.transaction import ListQuery
from gateway_kit.mongo.due_rows import MongoDueRows
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.records import Scope
from transaction.errors import stale
from transaction.ports import Page
from transaction.store.documents import CheckoutDocument
from transaction.store.listing import common_conditions, page_of, spelled
from transaction.store.mapping import Raw, difference, scoped, to_domain, to_raw

CHECKOUTS: Final = "checkouts"
_FIXED = frozenset({"id", "version"})


class CheckoutStore:
    """See the port `Checkouts`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db[CHECKOUTS]
        self.expiring = MongoDueRows(
            self._rows, "expire-sessions", due="due_at", condition={"status": "pending"}, read=_read
        )

    async def insert(self, tx: Tx, checkout: Checkout) -> None:
        tx.pending.insert(CHECKOUTS, to_raw(checkout))

    async def get(self, scope: Scope, checkout_id: str, tx: Tx | None = None) -> Checkout | None:
        read: Checkout | None = tx.ahead.pop(_ahead(scope, checkout_id), None) if tx else None
        if read is not None:
            return read
        condition = scoped(scope, {"_id": checkout_id})
        found = await CheckoutDocument.find_one(condition, session=await tx.settled() if tx else None)
        return None if found is None else to_domain(found, Checkout)

    async def read_ahead(self, tx: Tx, checkouts: Sequence[tuple[Scope, str]]) -> list[Checkout]:
        by_scope: dict[Scope, list[str]] = {}
        for scope, checkout_id in checkouts:
            by_scope.setdefault(scope, []).append(checkout_id)
        wanted = [scoped(scope, {"_id": {"$in": ids}}) for scope, ids in by_scope.items()]
        if not wanted:
            return []
        rows = await self._rows.find({"$or": wanted}, hint="_id_").to_list()
        found = [_read(row) for row in rows]
        for one in found:
            tx.ahead[_ahead(Scope(one.organization_id, one.livemode), one.id)] = one
        return found

    async def by_secret_name(
        self, *, session_hash: str | None = None, short_code_hash: str | None = None
    ) -> Checkout | None:
        hashes = {"session_hash": session_hash, "short_code_hash": short_code_hash}
        given = {field: found for field, found in hashes.items() if found}
        found = await CheckoutDocument.find_one(given) if given else None
        return None if found is None else to_domain(found, Checkout)

    async def update(self, tx: Tx, before: Checkout, after: Checkout) -> Checkout:
        scope = Scope(before.organization_id, before.livemode)
        as_read = scoped(scope, {"_id": before.id, "status": before.status, "version": before.version})
        change = {"$set": difference(before, after, skip=_FIXED) | {"version": before.version + 1}}
        tx.pending.update(CHECKOUTS, as_read, change, otherwise=stale("checkout"))
        return replace(after, version=before.version + 1)

    async def page(
        self, scope: Scope, query: ListQuery, *, email_hash: str | None, session_hash: str | None
    ) -> Page[Checkout]:
        condition = common_conditions(query, email_hash=email_hash, session_hash=session_hash)
        if query.status is not None:
            condition["status"] = spelled(query.status)
        rows, total, capped, following = await page_of(self._rows, scope, condition, query)
        return Page(tuple(map(_read, rows)), total, capped, following)


def _ahead(scope: Scope, checkout_id: str) -> tuple[str, ...]:
    return CHECKOUTS, scope.organization_id, str(scope.livemode), checkout_id


def _read(raw: Raw) -> Checkout:
    return to_domain(CheckoutDocument.model_validate(raw), Checkout)
