"""Held money goes back: by a person's decision about a case, or by the site's setting."""

from dataclasses import replace

from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import Case, ProviderOperation
from transaction.domain.refund import Refund, RefundState, opening_entry
from transaction.domain.states import WITH_MONEY, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Source, Transition
from transaction.ports import Deps
from transaction.provider_operations.keep_requests import close_operation
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.close_case import close_case
from transaction.transitions.intent import new_operation
from transaction.transitions.load import load_pair
from transaction.transitions.reversal_events import emit_refund_event


async def refund_case(operation: ProviderOperation, *, source: Source, deps: Deps) -> TransitionResult | None:
    """The stored intent to refund the money of a case; None when the case was decided before."""

    async def work(tx: Tx) -> TransitionResult | None:
        await close_operation(tx, operation, "done", deps=deps)
        case = await deps.cases.get(tx, operation.scope, operation.case_id or "")
        if case is None or case.status != "open":
            return None
        transaction, _ = await load_pair(tx, operation.scope, operation.transaction_id, deps=deps)
        if not holds_money(case, transaction):
            return None
        return await refund_held(tx, case, new_object_id(), source=source, deps=deps)

    return await deps.uow.run(work)


def holds_money(case: Case, transaction: Transaction) -> bool:
    """Whether the money that the case is about is still held."""
    is_same = case.kind in WITH_MONEY and case.currency == transaction.currency
    return is_same and 0 < (case.amount or 0) <= transaction.unapplied


async def refund_held(
    tx: Tx, case: Case, refund_id: str, *, source: Source, deps: Deps, dispatch_ipn: bool = True
) -> TransitionResult:
    """Accept the refund of a case's money and close the case; the call to the provider is among the result's calls."""
    transaction, checkout = await load_pair(tx, case.scope, case.transaction_id or "", deps=deps)
    capabilities = deps.providers.capabilities(transaction.provider_type)
    is_manual = capabilities is None or capabilities.refunds != "api" or transaction.type == "manual"
    refund = _new_refund(tx, case, refund_id, transaction, manual=is_manual)
    deps.refunds.insert(tx, refund)
    # Money of another payment says nothing about this transaction's own.
    is_own = transaction.is_own(case.provider_payment_id)
    transition = Transition(
        Trigger.CASE_REFUNDED if is_own else Trigger.UNKNOWN_FACT,
        source,
        label=Trigger.CASE_REFUNDED.value,
        amount=refund.money,
        canceled_by="person" if source in ("operator", "api") else "provider",
        note=f"{refund.id} {refund.money.decimal_text()} {refund.currency}",
        entries=(opening_entry(refund),),
        reference=f"refund:{refund.id}",
        dispatch_ipn=dispatch_ipn,
    )
    outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
    emit_refund_event(tx, refund, outcome.transaction)
    await close_case(tx, case, "refunded", deps=deps, refund_id=refund.id)
    if is_manual:
        return outcome
    operation = new_operation(tx, transaction, "refund", deps, refund_id=refund.id)
    deps.operations.insert(tx, operation)
    return replace(outcome, operations=(*outcome.operations, operation))


def _new_refund(tx: Tx, case: Case, refund_id: str, transaction: Transaction, *, manual: bool) -> Refund:
    return Refund(
        id=refund_id,
        organization_id=case.organization_id,
        livemode=case.livemode,
        transaction_id=transaction.id,
        provider_id=transaction.provider_id,
        provider_type=transaction.provider_type,
        state=RefundState.REQUESTED,
        version=1,
        amount=case.amount or 0,
        currency=case.currency or transaction.currency,
        amount_format=transaction.amount_format,
        created_at=tx.now,
        updated_at=tx.now,
        funds="held",
        source="case",
        manual=manual,
        provider_payment_id=case.provider_payment_id or transaction.provider_payment_id,
        case_id=case.id,
    )
