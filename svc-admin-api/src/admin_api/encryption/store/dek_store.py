"""Wrapped data keys in MongoDB. Deleting a row destroys what the key encrypted."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from admin_api.encryption.ports import KeptDek
from gateway_contracts.config import WrappedDek
from gateway_contracts.encrypted import Purpose
from gateway_kit.crypto.keyring import dek_key
from gateway_kit.mongo.unit_of_work import Tx


class MongoDekStore:
    """One row per data key; its id is the key in the configuration bucket."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._deks = db.deks
        self._graves = db.destroyed_deks
        self._outbox = db.outbox

    async def insert(self, record: WrappedDek, tx: Tx) -> None:
        row = {"_id": dek_key(record), "record": record.wire(), "created_at": tx.now, "schema_version": 1}
        await self._deks.insert_one(row, session=tx.session)

    async def system_exists(self) -> bool:
        return await self._deks.find_one({"record.scope": "system"}, {"_id": 1}) is not None

    async def every(self) -> AsyncIterator[WrappedDek]:
        async for row in self._deks.find({}, {"record": 1}).sort("_id", 1):
            yield WrappedDek.model_validate(row["record"])

    async def reread(self, tx: Tx, record: WrappedDek) -> WrappedDek | None:
        """As it is now, None if it was destroyed; its destruction meanwhile conflicts with this transaction."""
        row = await self._deks.find_one_and_update(
            {"_id": dek_key(record)}, {"$set": {"published_at": tx.now}}, session=tx.session
        )
        return None if row is None else WrappedDek.model_validate(row["record"])

    async def of_tenant(self, organization_id: str, tx: Tx | None = None) -> list[KeptDek]:
        rows = self._deks.find({"record.organizationId": organization_id}, session=tx.session if tx else None)
        return [_kept(row) async for row in rows.sort("_id", 1)]

    async def rewrap(self, tx: Tx, before: WrappedDek, after: WrappedDek, job_id: str) -> WrappedDek | None:
        query = {"_id": dek_key(before), "record.wrapped": before.wrapped, "record.active": before.active}
        stored = after.model_copy(update={"revision": before.revision + 1})
        change = {"record": stored.wire(), "rewrapped_by": job_id}
        result = await self._deks.update_one(query, {"$set": change}, session=tx.session)
        return stored if result.modified_count == 1 else None

    async def retire(self, tx: Tx, record: WrappedDek) -> WrappedDek | None:
        # The caller has read the record in this transaction.
        retired = record.model_copy(update={"active": False, "revision": record.revision + 1})
        change = {"record": retired.wire(), "retired_at": tx.now}
        query = {"_id": dek_key(record), "record.active": True}
        result = await self._deks.update_one(query, {"$set": change}, session=tx.session)
        return retired if result.modified_count == 1 else None

    async def destroy(self, tx: Tx, record: WrappedDek) -> bool:
        key = dek_key(record)
        # The outbox remembers what it published for some days: a wrapped key among it would outlive its row.
        await self._outbox.delete_many({"entity_id": f"config:{key}", "kind": "config"}, session=tx.session)
        deleted = await self._deks.delete_one({"_id": key}, session=tx.session)
        if deleted.deleted_count == 1:
            await self._graves.insert_one({"_id": key, "destroyed_at": tx.now}, session=tx.session)
        return deleted.deleted_count == 1

    async def touch(self, tx: Tx, organization_id: str, purpose: Purpose) -> bool:
        query = {"record.organizationId": organization_id, "record.purpose": purpose}
        result = await self._deks.update_many(query, {"$set": {"touched_at": tx.now}}, session=tx.session)
        return result.matched_count > 0

    async def destroyed(self) -> frozenset[str]:
        return frozenset([row["_id"] async for row in self._graves.find({}, {"_id": 1})])

    async def retired_before(self, moment: datetime) -> AsyncIterator[KeptDek]:
        async for row in self._deks.find({"retired_at": {"$lte": moment}}).sort("_id", 1):
            yield _kept(row)


def _kept(row: dict[str, Any]) -> KeptDek:
    return KeptDek(
        record=WrappedDek.model_validate(row["record"]),
        created_at=row["created_at"],
        retired_at=row.get("retired_at"),
        rewrapped_by=row.get("rewrapped_by"),
    )
