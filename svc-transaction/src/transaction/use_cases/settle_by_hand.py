"""Outcome of a refund that is made by hand, set by an operator."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict
from gateway_contracts.requests.refund import RefundRecord, SettleRefund
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.refund import Refund, RefundState, RefundUpdate
from transaction.errors import refund_not_found
from transaction.ports import Deps
from transaction.transitions.settle_refund import EventSource, settle_refund
from transaction.views import refund_record


async def settle_by_hand(request: SettleRefund, *, scope: Scope, deps: Deps) -> RefundRecord:
    """Idempotent: the same word again changes nothing.

    Raises:
        NotFound: there is no such refund of that transaction in this organization and mode.
        Conflict: the provider makes this refund (``REFUND_NOT_MANUAL``), or it ended otherwise
            (``REFUND_ALREADY_SETTLED``).
    """

    async def work(tx: Tx) -> Refund:
        refund = await deps.refunds.get(tx, scope, request.refund_id)
        if refund is None or refund.transaction_id != request.transaction_id:
            raise refund_not_found()
        if not refund.manual:
            raise Conflict("the provider decides the result of this refund", code="REFUND_NOT_MANUAL")
        state = RefundState(request.outcome)
        if refund.state is RefundState.SUCCEEDED and state is RefundState.CANCELED:
            raise Conflict(
                "this refund is paid; settle it as failed only if the money came back", code="REFUND_ALREADY_SETTLED"
            )
        event_source = EventSource("operator", dispatch_ipn=request.dispatch_ipn, manual=True)
        await settle_refund(tx, refund, RefundUpdate(state), event_source, deps=deps)
        after = await deps.refunds.get(tx, scope, refund.id)
        if after is None or after.state is not state:
            raise Conflict(f"this refund is {refund.state.value}", code="REFUND_ALREADY_SETTLED")
        return after

    return refund_record(await deps.uow.run(work), deps=deps)
