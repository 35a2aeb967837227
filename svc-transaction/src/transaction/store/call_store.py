"""Intents and outcomes of calls to providers in MongoDB."""

from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.mongo.due_rows import MongoDueRows
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
        self.unanswered = MongoDueRows(
            self._rows, "resolve-calls", due="due_at", condition={"state": {"$in": _OPEN}}, read=_read, state="state"
        )
        self.waiting = MongoDueRows(
            self._rows, "fetch-fees", due="due_at", condition={"state": "waiting"}, read=_read, state="state"
        )

    async def insert(self, tx: Tx, call: Call) -> None:
        await self._rows.insert_one(to_raw(call), session=await tx.settled())

    async def create_call(self, scope: Scope, transaction_id: str) -> Call | None:
        found = await CallDocument.find_one(scoped(scope, {"transaction_id": transaction_id, "kind": "create"}))
        return None if found is None else to_domain(found, Call)

    async def get(self, tx: Tx, scope: Scope, call_id: str) -> Call | None:
        row = await self._rows.find_one(scoped(scope, {"_id": call_id}), session=tx.session)
        return None if row is None else _read(row)

    async def latest(self, tx: Tx, scope: Scope, transaction_id: str, kind: str) -> Call | None:
        row = await self._rows.find_one(
            scoped(scope, {"transaction_id": transaction_id, "kind": kind}),
            sort=[("created_at", -1)],
            session=await tx.settled(),
        )
        return None if row is None else _read(row)

    async def close(self, tx: Tx, call: Call, state: str) -> None:
        await self._rows.update_one(
            scoped(call.scope, {"_id": call.id, "state": {"$in": _UNDONE}}),
            {"$set": {"state": state, "closed_at": tx.now}},
            session=await tx.settled(),
        )

    async def postpone(
        self, call: Call, due_at: datetime, *, state: str | None = None, is_attempt: bool = True, missed: int = 0
    ) -> None:
        changes = {"due_at": due_at, "missed": missed, **({"state": state} if state else {})}
        await self._rows.update_one(
            scoped(call.scope, {"_id": call.id, "state": {"$in": _UNDONE}}),
            {"$set": changes, "$inc": {"attempts": int(is_attempt)}},
        )


def _read(raw: Raw) -> Call:
    return to_domain(CallDocument.model_validate(raw), Call)
