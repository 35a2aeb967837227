"""The audit log in MongoDB: written in the transaction of the change that it names."""

from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from gateway_contracts.actor import Actor
from gateway_contracts.ids import new_object_id
from gateway_kit import context
from gateway_kit.mongo.unit_of_work import Tx


class MongoAuditLog:
    """Append only."""

    def __init__(self, db: AsyncDatabase[dict[str, Any]]) -> None:
        self._entries = db.audit_log

    async def note(self, tx: Tx, actor: Actor, action: str, object_id: str) -> None:
        entry = {
            "_id": new_object_id(),
            "organization_id": actor.organization_id,
            "at": tx.now,
            "actor_kind": actor.kind,
            "actor_id": actor.subject_id,
            "action": action,
            "object_id": object_id,
            "request_id": context.request_id.get(),
            "schema_version": 1,
        }
        await self._entries.insert_one(entry, session=tx.session)
