"""API keys in MongoDB."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal, cast

from pymongo.asynchronous.collection import AsyncCollection

from admin_api.domain.api_key import ApiKey
from admin_api.domain.paging import ROWS_REACHABLE_MAX, Page, PageWish
from admin_api.errors import changed_meanwhile
from admin_api.store.documents import SCHEMA_VERSION, ApiKeyDocument
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

    async def page(self, organization_id: str, wish: PageWish) -> Page[ApiKey]:
        query = {"organization_id": organization_id}
        total = await self._collection.count_documents(query, limit=ROWS_REACHABLE_MAX)
        rows = await self._collection.find(query).sort("_id", -1).skip(wish.skipped).limit(wish.limit).to_list()
        return Page(tuple(_key(row) for row in rows), total, wish)

    async def note_use(self, identifier: str, at: datetime) -> None:
        await self._collection.update_one({"_id": identifier}, {"$max": {"last_used_at": at}})


def _row(key: ApiKey) -> dict[str, Any]:
    row = asdict(key)
    row["_id"] = row.pop("id")
    row["scopes"] = list(key.scopes)
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
    )
