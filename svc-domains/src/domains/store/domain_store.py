"""Domains: inserts, guarded updates, reads within a tenant's scope."""

from collections.abc import AsyncIterator
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from domains.domain.domain import Domain
from domains.domain.paging import Window
from domains.errors import DomainChanged, DomainNotFound, DomainTaken
from domains.ports import TenantScope
from domains.store.documents import DOMAINS, DomainDocument, Row, from_row, to_row
from gateway_kit.mongo.unit_of_work import Tx


def scoped(scope: TenantScope) -> Row:
    """The one place that limits reads to a caller's organization and site."""
    found: Row = {"organization_id": scope.organization_id}
    if scope.site_id is not None:
        found["site_id"] = scope.site_id
    return found


class MongoDomains:
    """All access to the collection of domains. A removed domain stays as a row, so that versions go on growing."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._rows = db[DOMAINS]

    async def add(self, tx: Tx, domain: Domain) -> None:
        try:
            await self._rows.insert_one(to_row(domain), session=tx.session)
        except DuplicateKeyError as exc:
            raise DomainTaken(domain.name) from exc

    async def change(self, tx: Tx, domain: Domain) -> None:
        row = to_row(domain)
        result = await self._rows.update_one(
            {"_id": row.pop("_id"), "version": domain.version - 1, "removed": False},
            {"$set": row},
            session=tx.session,
        )
        if result.modified_count != 1:
            raise DomainChanged

    async def last_version(self, tx: Tx, name: str) -> int:
        row = await self._rows.find_one({"name": name}, {"version": 1}, sort=[("version", -1)], session=tx.session)
        return 0 if row is None else int(row["version"])

    async def find(self, scope: TenantScope, domain_id: str) -> Domain:
        found = await DomainDocument.find_one({"_id": domain_id, **scoped(scope)})
        if found is None:
            raise DomainNotFound
        return found.to_domain()

    async def of_site(self, tx: Tx, organization_id: str, site_id: str) -> list[Domain]:
        query = {**scoped(TenantScope(organization_id, site_id)), "removed": False}
        return [from_row(row) async for row in self._rows.find(query, session=tx.session)]

    async def select(self, scope: TenantScope, window: Window, *, count_to: int) -> tuple[list[Domain], int]:
        query: Row = {**scoped(scope), "removed": False}
        created = {"$gte": window.created_from, "$lt": window.created_to}
        if bounds := {operator: moment for operator, moment in created.items() if moment is not None}:
            query["created_at"] = bounds
        reached = query if window.after is None else {**query, "_id": {"$lt": window.after}}
        rows = self._rows.find(reached).sort([("_id", -1)]).skip(window.skip).limit(window.limit)
        return [from_row(row) async for row in rows], await self._rows.count_documents(query, limit=count_to)

    async def held(self) -> AsyncIterator[Domain]:
        async for row in self._rows.find({"removed": False}):
            yield from_row(row)
