"""Webhooks that left no trace on their payment."""

from typing import Any

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.store import Store
from transaction.domain.records import WebhookNote


def ids_of_event(event_id: str) -> dict[str, Any]:
    """Rows whose id is the event's, a colon and more. An index of ids is read from the first to the last of them."""
    return {"_id": {"$gte": f"{event_id}:", "$lt": f"{event_id};"}}


class WebhookNotes(Store[WebhookNote]):
    """Notes about webhooks."""

    async def of_event(self, scope: Scope, event_id: str) -> WebhookNote | None:
        """The first one about this event."""
        return await self.first(None, scope, ids_of_event(event_id))

    async def set_aside(self, scope: Scope, transaction_id: str, *, limit: int) -> list[WebhookNote]:
        """The latest that were given up, of one payment."""
        where = {"transaction_id": transaction_id, "fate": "set_aside"}
        return await self.find(None, scope, where, sort=[("received_at", -1)], limit=limit)

    async def of_transaction(self, scope: Scope, transaction_id: str, *, limit: int) -> list[WebhookNote]:
        """The latest of one payment."""
        return await self.find(None, scope, {"transaction_id": transaction_id}, sort=[("received_at", -1)], limit=limit)

    async def add(self, note: WebhookNote) -> None:
        """Note it outside of a transaction. A repetition is counted; of two at the same moment one may be lost."""
        if await self.now.insert(note) or note.fate != "repeated":
            return
        if (known := await self.get(None, note.scope, note.id)) is not None:
            again = known.changed(times=known.times + 1, received_at=note.received_at)
            await self.now.replace(known, again, guard=("times",))
