"""Parked provider facts in MongoDB."""

from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.mongo.due_rows import MongoDueRows
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import ParkedReport, Scope
from transaction.store.mapping import SCHEMA_VERSION, Raw, scoped
from transaction.store.stored_report import read_report, write_report


class ParkedStore:
    """See the port `Parked`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["parked_events"]
        self.due = MongoDueRows(
            self._rows, "release-parked", due="due_at", condition={"state": "parked"}, read=_read, state="state"
        )

    async def insert(self, tx: Tx, parked: ParkedReport) -> None:
        row = {
            "_id": parked.id,
            "schema_version": SCHEMA_VERSION,
            "provider_id": parked.provider_id,
            "provider_type": parked.provider_type,
            "event_id": parked.event_id,
            "transaction_id": parked.fact.transaction_id,
            "fact": write_report(parked.fact),
            "state": "parked",
            "due_at": parked.created_at,
            "expires_at": parked.expires_at,
            "created_at": parked.created_at,
        }
        await self._rows.insert_one(scoped(parked.scope, row), session=await tx.settled())

    async def of_transaction(self, scope: Scope, provider_id: str, transaction_id: str) -> tuple[ParkedReport, ...]:
        condition = {"transaction_id": transaction_id, "provider_id": provider_id, "state": "parked"}
        rows = self._rows.find(scoped(scope, condition))
        return tuple([_read(row) async for row in rows.sort([("fact.occurred_at", 1), ("_id", 1)])])

    async def count(self, tx: Tx, organization_id: str, *, limit: int) -> int:
        """Of one organization in both modes, up to the limit."""
        condition = {"organization_id": organization_id, "state": "parked"}
        return await self._rows.count_documents(condition, limit=limit, session=await tx.settled())

    async def adopt(self, now: datetime) -> int:
        """Rows of an earlier version have no moment; from now on they have."""
        condition = {"state": "parked", "due_at": None}
        result = await self._rows.update_many(condition, {"$set": {"due_at": now}})
        return result.modified_count

    async def close(self, tx: Tx, parked: ParkedReport, state: str) -> bool:
        result = await self._rows.update_one(
            scoped(parked.scope, {"_id": parked.id, "state": "parked"}),
            {"$set": {"state": state, "closed_at": tx.now}},
            session=await tx.settled(),
        )
        return result.modified_count == 1


def _read(row: Raw) -> ParkedReport:
    return ParkedReport(
        id=row["_id"],
        organization_id=row["organization_id"],
        livemode=row["livemode"],
        provider_id=row["provider_id"],
        provider_type=row["provider_type"],
        event_id=row["event_id"],
        fact=read_report(row["fact"]),
        expires_at=row["expires_at"],
        created_at=row["created_at"],
    )
