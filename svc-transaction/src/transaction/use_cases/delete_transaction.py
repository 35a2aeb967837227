"""An attempt without money disappears from lists; it stays stored."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.transaction import TimelineEntry
from gateway_kit import context
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.telemetry import current_trace_id
from transaction.domain.states import Status
from transaction.errors import transaction_has_money, transaction_not_found
from transaction.ports import Deps

_DELETABLE = (Status.INITIATED, Status.FAILED, Status.CANCELED)


async def delete_transaction(transaction_id: str, *, scope: Scope, deps: Deps) -> None:
    """Hide it. Only an attempt that was initiated, failed or canceled, and never had a posting.

    Raises:
        NotFound: there is none of that id in this organization and mode, or it was deleted before.
        Conflict: ``TRANSACTION_HAS_MONEY``, also where money may still come.
    """

    async def work(tx: Tx) -> None:
        transaction = await deps.transactions.get(tx, scope, transaction_id)
        if transaction is None or transaction.hidden_at is not None:
            raise transaction_not_found()
        if transaction.status not in _DELETABLE or transaction.entry_count:
            raise transaction_has_money()
        entry = TimelineEntry(
            at=tx.now,
            type="deleted",
            effect="recorded",
            from_status=transaction.status.public,
            to_status=transaction.status.public,
            source="api",
            correlation_id=context.correlation_id.get() or None,
            trace_id=current_trace_id(),
        )
        hidden = transaction.changed(hidden_at=tx.now, updated_at=tx.now, timeline=(*transaction.timeline, entry))
        deps.transactions.replace(tx, transaction, hidden)

    await deps.uow.run(work)
