"""Application of a provider's report to its transaction, from a webhook, a thin event or a parked row."""

from typing import assert_never

from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.dispute import DisputeStatus, DisputeUpdate
from transaction.domain.records import ParkedReport
from transaction.domain.reports import (
    DisputeReported,
    FeeReported,
    PaymentReported,
    PayoutReported,
    ProviderReport,
    RefundReported,
    TransferReceived,
    needs_capture,
)
from transaction.domain.states import PAID, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import transition_of
from transaction.ports import Deps
from transaction.transitions.ahead import PaymentsAhead
from transaction.transitions.apply_dispute import apply_dispute, dispute_update
from transaction.transitions.apply_receipt import apply_receipt
from transaction.transitions.apply_refund_report import apply_refund_report
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.load import load_pair
from transaction.transitions.settle_refund import EventSource


def must_wait(report: ProviderReport, transaction: Transaction) -> bool:
    """Whether it makes sense only after a capture that no report has proven yet: ask first, apply it then."""
    return needs_capture(report) and transaction.is_open and transaction.is_own(report.provider_payment_id)


async def apply_report(
    tx: Tx,
    report: ProviderReport,
    transaction: Transaction,
    *,
    event_id: str | None,
    deps: Deps,
    ahead: PaymentsAhead | None = None,
) -> TransitionResult | None:
    """Apply it; None when it says nothing new.

    Args:
        ahead: what was read before for a group of events.

    Raises:
        ChangedMeanwhile: the transaction was changed at the same moment.
    """
    ahead = ahead or PaymentsAhead()
    checkout = await ahead.take_checkout(tx, transaction, deps=deps)
    event_source = EventSource("provider", event_id=event_id, event_type=report.event_type)
    match report:
        case TransferReceived():
            return await apply_receipt(tx, report, transaction, checkout, event_id=event_id, deps=deps)
        case RefundReported():
            if not must_wait(report, transaction):
                return await apply_refund_report(tx, report, transaction, checkout, event_id=event_id, deps=deps)
        case DisputeReported():
            if transaction.status in PAID:
                update = dispute_update(report, transaction, deps=deps)
                return await apply_dispute(
                    tx, _dispute_id(report), update, transaction, checkout, event_source, deps=deps
                )
        case PaymentReported():
            if _is_return(report, transaction):
                lost = DisputeUpdate("bank_return", DisputeStatus.LOST, "withdrawn", report.amount, report.occurred_at)
                return await apply_dispute(
                    tx, _dispute_id(report), lost, transaction, checkout, event_source, deps=deps
                )
        case FeeReported() | PayoutReported():
            pass
        case _:
            assert_never(report)
    transition = transition_of(report, transaction, checkout, source="provider", event_id=event_id)
    return await apply_transition(tx, transition, transaction, checkout, deps=deps, ahead=ahead)


def _dispute_id(report: DisputeReported | PaymentReported) -> str:
    """The provider's id; a provider that gives none has one return per payment."""
    return report.provider_object_id or f"{report.provider_payment_id}:return"


def _is_return(report: PaymentReported, transaction: Transaction) -> bool:
    """Money that left again after it was captured: a failure of a payment that had succeeded before."""
    if transaction.status not in PAID or not transaction.is_own(report.provider_payment_id):
        return False
    if report.trigger is Trigger.LATE_FAILURE:
        return True
    is_later = transaction.last_fact_at is not None and report.occurred_at > transaction.last_fact_at
    return report.trigger is Trigger.DECLINED and is_later


async def apply_parked_report(parked: ParkedReport, *, deps: Deps) -> TransitionResult | None:
    """Apply one parked fact to its transaction; None when another process did, or while it has to wait on."""

    async def work(tx: Tx) -> TransitionResult | None:
        transaction, _ = await load_pair(tx, parked.scope, parked.fact.transaction_id or "", deps=deps)
        if must_wait(parked.fact, transaction) or not await deps.parked.close(tx, parked, "applied"):
            return None
        return await apply_report(tx, parked.fact, transaction, event_id=parked.event_id, deps=deps)

    return await deps.uow.run(work)
