"""Jobs of rotation in MongoDB."""

from dataclasses import asdict
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from admin_api.encryption.domain.rotation import RotationJob, ServiceProgress
from gateway_contracts.errors import Conflict
from gateway_kit.mongo.unit_of_work import Tx


class MongoRotationStore:
    """A unique index lets one job of a tenant run at a time."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._rows = db.rotation_jobs

    async def insert(self, tx: Tx, job: RotationJob) -> None:
        try:
            await self._rows.insert_one({"_id": job.id, **_row(job), "schema_version": 1}, session=tx.session)
        except DuplicateKeyError as exc:
            raise Conflict("another job of these keys is still running", code="ROTATION_RUNNING") from exc

    async def find(self, organization_id: str, job_id: str) -> RotationJob | None:
        row = await self._rows.find_one({"_id": job_id, "organization_id": organization_id})
        return None if row is None else _job(row)

    async def find_by_id(self, job_id: str, tx: Tx | None = None) -> RotationJob | None:
        row = await self._rows.find_one({"_id": job_id}, session=tx.session if tx else None)
        return None if row is None else _job(row)

    async def running(self) -> list[RotationJob]:
        return [_job(row) async for row in self._rows.find({"state": "running"}).sort("_id", 1)]

    async def latest(self, organization_id: str, limit: int) -> list[RotationJob]:
        rows = self._rows.find({"organization_id": organization_id}).sort("_id", -1).limit(limit)
        return [_job(row) async for row in rows]

    async def save(self, tx: Tx, job: RotationJob) -> bool:
        query = {"_id": job.id, "state": "running"}
        change = {"$set": {**_row(job), "updated_at": tx.now}}
        return (await self._rows.update_one(query, change, session=tx.session)).matched_count == 1


def _row(job: RotationJob) -> dict[str, Any]:
    row = asdict(job)
    del row["id"]
    return row


def _job(row: dict[str, Any]) -> RotationJob:
    fields = {name: row[name] for name in RotationJob.__dataclass_fields__ if name in row}
    services = tuple(ServiceProgress(**progress) for progress in row["services"])
    return RotationJob(**{**fields, "id": row["_id"], "services": services})
