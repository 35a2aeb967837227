"""API keys in MongoDB."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, cast

from pymongo.asynchronous.collection import AsyncCollection

from admin_api.shared.domain.paging import Page, PageWish
from admin_api.shared.errors import changed_meanwhile
from admin_api.shared.store.pages import page_of
from admin_api.tenancy.domain.api_key import LAST_USED_PRECISION, ApiKey
from admin_api.tenancy.store.documents import SCHEMA_VERSION, ApiKeyDocument
from gateway_kit.mongo.unit_of_work import Tx


class MongoApiKeyStore:
    """Keys by id; a key's text is never here."""

    @property
    def _collection(self) -> AsyncCollection[dict[str, Any]]:
        return ApiKeyDocument.get_pymongo_collection()

    async def find(self, identifier: str) -> ApiKey | None:
        row = await self._collection.find_one({"_id": identifier})
        return None if row is None else _key(row)

    async def find_of(self, organization_id: str, identifier: str, tx: Tx | None = None) -> ApiKey | None:
        query = {"_id": identifier, "organization_id": organization_id}
        row = await self._collection.find_one(query, session=tx.session if tx else None)
        return None if row is None else _key(row)

    async def insert(self, tx: Tx, key: ApiKey) -> None:
        await self._collection.insert_one({**_row(key), "schema_version": SCHEMA_VERSION}, session=tx.session)

    async def replace(self, tx: Tx, before: ApiKey, after: ApiKey) -> None:
        query = {"_id": before.id, "organization_id": before.organization_id, "version": before.version}
        # last_used_at belongs to note_use, which runs beside us.
        change = {name: value for name, value in _row(after).items() if name not in {"_id", "last_used_at"}}
        updated = await self._collection.update_one(query, {"$set": change}, session=tx.session)
        if updated.matched_count != 1:
            raise changed_meanwhile()

    async def delete(self, tx: Tx, key: ApiKey) -> None:
        query = {"_id": key.id, "organization_id": key.organization_id, "version": key.version}
        if (await self._collection.delete_one(query, session=tx.session)).deleted_count != 1:
            raise changed_meanwhile()

    async def revoke_all(self, tx: Tx, organization_id: str) -> int:
        query = {"organization_id": organization_id, "kind": "organization", "revoked_at": None}
        change = {"$set": {"revoked_at": tx.now}, "$inc": {"version": 1}}
        return (await self._collection.update_many(query, change, session=tx.session)).modified_count

    async def page(
        self, organization_id: str, wish: PageWish, *, livemode: bool | None = None, is_revoked: bool | None = None
    ) -> Page[ApiKey]:
        query: dict[str, Any] = {"organization_id": organization_id}
        if livemode is not None:
            query["livemode"] = livemode
        if is_revoked is not None:
            query["revoked_at"] = {"$ne": None} if is_revoked else None
        rows, total, cursor = await page_of(self._collection, query, wish)
        return Page(tuple(_key(row) for row in rows), total, wish, cursor)

    async def note_use(self, identifier: str, at: datetime) -> None:
        is_due = {"$or": [{"last_used_at": None}, {"last_used_at": {"$lte": at - LAST_USED_PRECISION}}]}
        await self._collection.update_one({"_id": identifier, **is_due}, {"$set": {"last_used_at": at}})


def _row(key: ApiKey) -> dict[str, Any]:
    row = asdict(key)
    row["_id"] = row.pop("id")
    row["scopes"] = list(key.scopes)
    row["ip_allow_list"] = list(key.ip_allow_list)
    return row


def _key(row: dict[str, Any]) -> ApiKey:
    return ApiKey(
        id=row["_id"],
        kind=cast(Literal["organization", "system"], row["kind"]),
        organization_id=row["organization_id"],
        livemode=row["livemode"],
        label=row["label"],
        scopes=tuple(row["scopes"]),
        secret_hash=row["secret_hash"],
        created_at=row["created_at"],
        version=row["version"],
        previous_hash=row.get("previous_hash"),
        previous_until=row.get("previous_until"),
        last_used_at=row.get("last_used_at"),
        revoked_at=row.get("revoked_at"),
        expires_at=row.get("expires_at"),
        ip_allow_list=tuple(row.get("ip_allow_list", ())),
        role=row.get("role", "admin"),
    )
