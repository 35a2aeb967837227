"""Wrapped data keys in MongoDB. Deleting a row destroys what the key encrypted."""

from collections.abc import AsyncIterator
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.config import WrappedDek
from gateway_kit.crypto.keyring import dek_key
from gateway_kit.mongo.unit_of_work import Tx


class MongoDekStore:
    """One row per data key; its id is the key in the configuration bucket."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._deks = db.deks

    async def insert(self, record: WrappedDek, tx: Tx) -> None:
        row = {"_id": dek_key(record), "record": record.wire(), "created_at": tx.now, "schema_version": 1}
        await self._deks.insert_one(row, session=tx.session)

    async def system_exists(self) -> bool:
        return await self._deks.find_one({"record.scope": "system"}, {"_id": 1}) is not None

    async def every(self) -> AsyncIterator[WrappedDek]:
        async for row in self._deks.find({}, {"record": 1}).sort("_id", 1):
            yield WrappedDek.model_validate(row["record"])
