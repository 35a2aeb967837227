"""Intents and outcomes of calls to providers in MongoDB."""

from datetime import datetime

from pymongo.asynchronous.database import AsyncDatabase

from gateway_kit.mongo.due_rows import MongoDueRows
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import ProviderOperation, Scope
from transaction.store.documents import ProviderOperationDocument
from transaction.store.mapping import Raw, scoped, to_domain, to_raw

_OPEN = ["intent", "unknown"]
_UNDONE = [*_OPEN, "waiting"]


class ProviderOperationStore:
    """See the port `ProviderOperations`."""

    def __init__(self, db: AsyncDatabase[Raw]) -> None:
        self._rows = db["provider_calls"]
        self.unanswered = MongoDueRows(
            self._rows, "resolve-calls", due="due_at", condition={"state": {"$in": _OPEN}}, read=_read, state="state"
        )
        self.waiting = MongoDueRows(
            self._rows, "fetch-fees", due="due_at", condition={"state": "waiting"}, read=_read, state="state"
        )

    async def insert(self, tx: Tx, operation: ProviderOperation) -> None:
        await self._rows.insert_one(to_raw(operation), session=await tx.settled())

    async def creation_of(self, scope: Scope, transaction_id: str) -> ProviderOperation | None:
        condition = {"transaction_id": transaction_id, "kind": "create"}
        found = await ProviderOperationDocument.find_one(scoped(scope, condition))
        return None if found is None else to_domain(found, ProviderOperation)

    async def get(self, tx: Tx, scope: Scope, call_id: str) -> ProviderOperation | None:
        row = await self._rows.find_one(scoped(scope, {"_id": call_id}), session=tx.session)
        return None if row is None else _read(row)

    async def latest(self, tx: Tx, scope: Scope, transaction_id: str, kind: str) -> ProviderOperation | None:
        row = await self._rows.find_one(
            scoped(scope, {"transaction_id": transaction_id, "kind": kind}),
            sort=[("created_at", -1)],
            session=await tx.settled(),
        )
        return None if row is None else _read(row)

    async def close(self, tx: Tx, operation: ProviderOperation, state: str) -> None:
        await self._rows.update_one(
            scoped(operation.scope, {"_id": operation.id, "state": {"$in": _UNDONE}}),
            {"$set": {"state": state, "closed_at": tx.now}},
            session=await tx.settled(),
        )

    async def postpone(
        self,
        operation: ProviderOperation,
        due_at: datetime,
        *,
        state: str | None = None,
        is_attempt: bool = True,
        missed: int = 0,
    ) -> None:
        changes = {"due_at": due_at, "missed": missed, **({"state": state} if state else {})}
        await self._rows.update_one(
            scoped(operation.scope, {"_id": operation.id, "state": {"$in": _UNDONE}}),
            {"$set": changes, "$inc": {"attempts": int(is_attempt)}},
        )


def _read(raw: Raw) -> ProviderOperation:
    return to_domain(ProviderOperationDocument.model_validate(raw), ProviderOperation)
