"""Settings of key-management services in MongoDB: one row per tenant."""

from collections.abc import AsyncIterator
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from admin_api.encryption.domain.kms_settings import KmsSettings
from admin_api.shared.errors import changed_meanwhile
from gateway_contracts.config import KmsConfig
from gateway_kit.mongo.unit_of_work import Tx

_SYSTEM = "system"


class MongoKmsStore:
    """Changes are guarded by a revision."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._rows = db.kms_settings

    async def find(self, organization_id: str) -> KmsSettings:
        row = await self._rows.find_one({"_id": organization_id or _SYSTEM})
        return KmsSettings(organization_id) if row is None else _settings(row)

    async def save(self, tx: Tx, before: KmsSettings, after: KmsSettings) -> None:
        identifier = after.organization_id or _SYSTEM
        change = {
            "organization_id": after.organization_id,
            "current": after.current,
            "last": after.last,
            "generations": {str(number): config.wire() for number, config in after.generations.items()},
            "revision": after.revision,
            "updated_at": tx.now,
            "schema_version": 1,
        }
        if before.revision == 0:
            try:
                await self._rows.insert_one({"_id": identifier, **change}, session=tx.session)
            except DuplicateKeyError as exc:
                raise changed_meanwhile() from exc
            return
        query = {"_id": identifier, "revision": before.revision}
        if (await self._rows.update_one(query, {"$set": change}, session=tx.session)).modified_count != 1:
            raise changed_meanwhile()

    async def every(self) -> AsyncIterator[KmsSettings]:
        async for row in self._rows.find({}).sort("_id", 1):
            yield _settings(row)


def _settings(row: dict[str, Any]) -> KmsSettings:
    return KmsSettings(
        organization_id=row["organization_id"],
        current=row["current"],
        last=row["last"],
        generations={int(number): KmsConfig.model_validate(raw) for number, raw in row["generations"].items()},
        revision=row["revision"],
    )
