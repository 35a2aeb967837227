"""Intents and outcomes of calls to providers in MongoDB."""

from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Call, Scope
from transaction.store.documents import CallDocument
from transaction.store.mapping import Raw, scoped, to_domain, to_raw

_OPEN = ["intent", "unknown"]
_UNDONE = [*_OPEN, "waiting"]


class CallStore:
    """See the port `Calls`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["provider_calls"]

    async def insert(self, tx: Tx, call: Call) -> None:
        await self._rows.insert_one(to_raw(call), session=await tx.settled())

    async def create_call(self, scope: Scope, transaction_id: str) -> Call | None:
        found = await CallDocument.find_one(scoped(scope, {"transaction_id": transaction_id, "kind": "create"}))
        return None if found is None else to_domain(found, Call)

    async def get(self, tx: Tx, scope: Scope, call_id: str) -> Call | None:
        row = await self._rows.find_one(scoped(scope, {"_id": call_id}), session=tx.session)
        return None if row is None else to_domain(CallDocument.model_validate(row), Call)

    async def latest(self, tx: Tx, scope: Scope, transaction_id: str, kind: str) -> Call | None:
        row = await self._rows.find_one(
            scoped(scope, {"transaction_id": transaction_id, "kind": kind}),
            sort=[("created_at", -1)],
            session=await tx.settled(),
        )
        return None if row is None else to_domain(CallDocument.model_validate(row), Call)

    async def close(self, tx: Tx, call: Call, state: str) -> None:
        await self._rows.update_one(
            scoped(call.scope, {"_id": call.id, "state": {"$in": _UNDONE}}),
            {"$set": {"state": state, "closed_at": tx.now}},
            session=await tx.settled(),
        )

    async def postpone(self, call: Call, due_at: datetime, *, state: str | None = None) -> None:
        await self._rows.update_one(
            scoped(call.scope, {"_id": call.id, "state": {"$in": _UNDONE}}),
            {"$set": {"due_at": due_at, **({"state": state} if state else {})}, "$inc": {"attempts": 1}},
        )

    async def claim_due(self, now: datetime, lease: timedelta) -> Call | None:
        return await self._claim({"$in": _OPEN}, now, lease)

    async def claim_waiting(self, now: datetime, lease: timedelta) -> Call | None:
        return await self._claim("waiting", now, lease)

    async def _claim(self, state: Any, now: datetime, lease: timedelta) -> Call | None:
        """For all tenants on purpose: a job."""
        result = await self._rows.find_one_and_update(
            {"state": state, "due_at": {"$lte": now}},
            {"$set": {"due_at": now + lease}},
            sort=[("due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return None if result is None else to_domain(CallDocument.model_validate(result), Call)
