"""A case is decided."""

from typing import Literal

from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Case
from transaction.domain.refund import Refund
from transaction.ports import Deps
from transaction.transitions.reversal_events import emit_case_closed


async def close_case(
    tx: Tx,
    case: Case,
    status: Literal["accepted", "refunded", "dismissed"],
    *,
    deps: Deps,
    refund_id: str | None = None,
) -> Case:
    """Store the decision and emit its event.

    Raises:
        ChangedMeanwhile: it was decided at the same moment.
    """
    closed = deps.cases.replace(tx, case, case.changed(status=status, refund_id=refund_id, resolved_at=tx.now))
    emit_case_closed(tx, closed)
    return closed


async def close_held_case(tx: Tx, refund: Refund, *, deps: Deps) -> None:
    """Close the case about held money that was sent back at the provider."""
    case = await deps.cases.open_of_payment(tx, refund.scope, refund.transaction_id, refund.provider_payment_id)
    if case is not None and case.amount == refund.amount:
        await close_case(tx, case, "refunded", deps=deps, refund_id=refund.id)
