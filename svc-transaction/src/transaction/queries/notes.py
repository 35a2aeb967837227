"""Webhooks that left no trace on their payment."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.store import Store
from transaction.domain.records import WebhookNote


class WebhookNotes(Store[WebhookNote]):
    """Notes about webhooks."""

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
