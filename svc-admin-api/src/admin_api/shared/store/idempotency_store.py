"""Idempotency records in MongoDB: one atomic operation per step, no transaction needed."""

from datetime import datetime
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from admin_api.shared.domain.idempotency import Record
from gateway_contracts.encrypted import EncryptedValue


class MongoIdempotencyStore:
    """Records by operation id; a TTL index collects expired ones."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._records = db.idempotency

    async def claim(self, record: Record) -> Record | None:
        try:
            await self._records.insert_one(_row(record))
        except DuplicateKeyError:
            row = await self._records.find_one({"_id": record.id})
            # Collected in this very moment: as if it had never been there.
            return await self.claim(record) if row is None else _record(row)
        return None

    async def take_over(self, before: Record, after: Record) -> bool:
        query = {"_id": before.id, "state": "in_progress", "owner": before.owner, "lease_until": before.lease_until}
        change = {"owner": after.owner, "lease_until": after.lease_until, "request_id": after.request_id}
        updated = await self._records.update_one(query, {"$set": change})
        return updated.modified_count == 1

    async def finish(self, record: Record) -> None:
        change = {
            "state": "done",
            "status": record.status,
            "body": record.body.wire() if record.body else None,
            "expires_at": record.expires_at,
        }
        await self._records.update_one(_held(record.id, record.owner), {"$set": change})

    async def release(self, identifier: str, owner: str, now: datetime) -> None:
        await self._records.update_one(_held(identifier, owner), {"$set": {"lease_until": now}})

    async def drop(self, identifier: str, owner: str) -> None:
        await self._records.delete_one(_held(identifier, owner))


def _held(identifier: str, owner: str) -> dict[str, str]:
    return {"_id": identifier, "state": "in_progress", "owner": owner}


def _row(record: Record) -> dict[str, Any]:
    return {
        "_id": record.id,
        "organization_id": record.organization_id,
        "fingerprint": record.fingerprint,
        "field_hashes": dict(record.field_hashes),
        "object_id": record.object_id,
        "owner": record.owner,
        "lease_until": record.lease_until,
        "request_id": record.request_id,
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "state": record.state,
        "schema_version": 1,
    }


def _record(row: dict[str, Any]) -> Record:
    body = row.get("body")
    return Record(
        id=row["_id"],
        organization_id=row["organization_id"],
        fingerprint=row["fingerprint"],
        field_hashes=row["field_hashes"],
        object_id=row["object_id"],
        owner=row["owner"],
        lease_until=row["lease_until"],
        request_id=row["request_id"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        state=row["state"],
        status=row.get("status"),
        body=None if body is None else EncryptedValue.model_validate(body),
    )
