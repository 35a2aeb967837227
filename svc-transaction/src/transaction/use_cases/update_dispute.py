"""An operator says where a dispute stands."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.dispute import DisputeRecord, UpdateDispute
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.dispute import Dispute, DisputeStatus, DisputeUpdate
from transaction.domain.transaction import Transaction
from transaction.errors import dispute_not_found
from transaction.ports import Deps
from transaction.transitions.apply_dispute import change_dispute
from transaction.transitions.load import load_pair
from transaction.transitions.settle_refund import EventSource
from transaction.views import dispute_record


async def update_dispute(request: UpdateDispute, *, scope: Scope, deps: Deps) -> DisputeRecord:
    """Books, holds and events follow, as if the provider had said it; the merchant is notified only if asked for.

    Raises:
        NotFound: there is no such dispute of that transaction in this organization and mode.
    """

    async def work(tx: Tx) -> Dispute:
        transaction, checkout = await load_pair(tx, scope, request.transaction_id, deps=deps)
        known = await deps.disputes.get(tx, scope, request.dispute_id)
        if known is None or known.transaction_id != transaction.id:
            raise dispute_not_found()
        await change_dispute(
            tx,
            known,
            _update(known, DisputeStatus(request.status), transaction, deps=deps),
            transaction,
            checkout,
            EventSource("operator", dispatch_ipn=request.dispatch_ipn, manual=True),
            provider_dispute_id=known.provider_dispute_id,
            deps=deps,
        )
        return await deps.disputes.get(tx, scope, known.id) or known

    return dispute_record(await deps.uow.run(work))


def _update(known: Dispute, status: DisputeStatus, transaction: Transaction, *, deps: Deps) -> DisputeUpdate:
    """Where the provider reports the money by itself, only it moves the money; elsewhere it follows the status."""
    capabilities = deps.providers.capabilities(transaction.provider_type)
    if capabilities is not None and capabilities.reports_dispute_funds:
        return DisputeUpdate(known.kind, status)
    if status is DisputeStatus.WON:
        return DisputeUpdate(known.kind, status, "reinstated")
    return DisputeUpdate(known.kind, status, "withdrawn")
