"""A draft goes without a trace; what has a number stays."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.ids import new_operation_id
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from invoice.domain.invoice import Uninvoiced
from invoice.use_cases.changing import existing_draft
from invoice.use_cases.deps import Deps


async def delete_draft(invoice_id: str, *, scope: Scope, operation_id: str | None, deps: Deps) -> None:
    """
    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceIssuedAlready: it is no draft any more.
    """

    async def work(tx: Tx) -> None:
        draft = await existing_draft(tx, scope, invoice_id, deps)
        for payment in draft.settlements:
            # Money that goes back later finds that there is nothing to correct.
            if await deps.stores.uninvoiced.get(tx, scope, payment.transaction_id) is None:
                left_out = Uninvoiced(
                    id=payment.transaction_id, organization_id=scope.organization_id, created_at=tx.now
                )
                deps.stores.uninvoiced.insert(tx, left_out)
        deps.stores.invoices.delete(tx, draft)

    try:
        await deps.uow.run(work, operation=Operation(operation_id or new_operation_id(), invoice_id))
    except OperationReplayed:
        return
