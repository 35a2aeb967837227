"""A provider's word about a refund: ours by its marker, else by the provider's id, else made there directly."""

from typing import Final

from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseKind
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.refund import UNDECIDED, UNDONE, Refund, RefundState, RefundUpdate, opening_entry
from transaction.domain.reports import RefundReported
from transaction.domain.states import PAID, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.ports import Deps
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.close_case import close_held_case
from transaction.transitions.intent import new_operation
from transaction.transitions.open_case import open_case
from transaction.transitions.reversal_events import emit_refund_event
from transaction.transitions.settle_refund import EventSource, check_reversals, refund_transition, settle_refund

_STATES: Final = {
    "pending": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
}


async def apply_refund_report(
    tx: Tx, report: RefundReported, transaction: Transaction, checkout: Checkout, *, event_id: str | None, deps: Deps
) -> TransitionResult | None:
    """Apply it to a transaction that was captured (or never will be); None when it says nothing new."""
    event_source = EventSource("provider", event_id=event_id, event_type=report.event_type)
    state = _STATES[report.state]
    known, other = await _find(tx, report, transaction, deps=deps)
    if other is not None:
        # Stored once more under the same id it would break the rule that ids are unique, however often it is tried.
        return await _unclear(tx, report, transaction, checkout, event_source, deps=deps)
    if known is not None:
        update = RefundUpdate(
            state, report.occurred_at, report.provider_object_id, report.provider_status, report.failure, report.amount
        )
        return await settle_refund(tx, known, update, event_source, deps=deps)
    if report.provider_object_id is None or not _is_bookable(report, transaction):
        return await _unclear(tx, report, transaction, checkout, event_source, deps=deps)
    if state in UNDONE:
        return None  # the refund never happened, and was not requested here
    return await _made_there(tx, report, state, transaction, checkout, event_source, deps=deps)


async def _find(
    tx: Tx, report: RefundReported, transaction: Transaction, *, deps: Deps
) -> tuple[Refund | None, Refund | None]:
    """The refund of this transaction that the fact is about, and another one that has the provider's id already."""
    scope = transaction.scope
    marked = None
    if report.refund_id is not None:
        marked = await deps.refunds.get(tx, scope, report.refund_id)
        if marked is not None and not _is_marked_by(marked, report, transaction):
            marked = None
    if report.provider_object_id is None or (marked is not None and marked.provider_refund_id is not None):
        return marked, None
    named = await deps.refunds.by_provider_refund(tx, scope, transaction.provider_id, report.provider_object_id)
    if named is None:
        return marked, None
    is_same = named.transaction_id == transaction.id and (marked is None or marked.id == named.id)
    return (named, None) if is_same else (marked, named)


def _is_marked_by(refund: Refund, report: RefundReported, transaction: Transaction) -> bool:
    """Whether the marker is to be believed: a refund that has its id at the provider never gets another one."""
    is_same = refund.provider_refund_id in (None, report.provider_object_id) or report.provider_object_id is None
    return refund.transaction_id == transaction.id and is_same


def _is_bookable(report: RefundReported, transaction: Transaction) -> bool:
    amount = report.amount
    return amount is not None and amount.amount_minor > 0 and amount.currency == transaction.currency


async def _unclear(
    tx: Tx,
    report: RefundReported,
    transaction: Transaction,
    checkout: Checkout,
    event_source: EventSource,
    *,
    deps: Deps,
) -> TransitionResult:
    """A refund without an id, or in another currency, cannot be booked: a person looks."""
    transition = Transition(
        Trigger.UNKNOWN_FACT,
        "provider",
        label=f"refund_{report.state}",
        event_id=event_source.event_id,
        event_type=report.event_type,
        amount=report.amount,
        note="a refund that cannot be booked: no id, no amount, another currency, or the id of another one",
    )
    outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
    # However often the provider tells of it, and in whichever state.
    key = f"{transaction.id}:refund:{report.provider_object_id or event_source.event_id}"
    if not await deps.cases.exists(tx, transaction.scope, key):
        await open_case(tx, CaseKind.UNMATCHED_EVENT, transition, outcome.transaction, deps=deps, key=key)
    return outcome


async def _made_there(
    tx: Tx,
    report: RefundReported,
    state: RefundState,
    transaction: Transaction,
    checkout: Checkout,
    event_source: EventSource,
    *,
    deps: Deps,
) -> TransitionResult:
    amount = report.amount or Money(transaction.amount, transaction.currency)
    is_other = not transaction.is_own(report.provider_payment_id)
    refund = Refund(
        id=new_object_id(),
        organization_id=transaction.organization_id,
        livemode=transaction.livemode,
        transaction_id=transaction.id,
        provider_id=transaction.provider_id,
        provider_type=transaction.provider_type,
        state=state,
        version=1,
        amount=amount.amount_minor,
        currency=amount.currency,
        amount_format=transaction.amount_format,
        created_at=tx.now,
        updated_at=tx.now,
        funds="held" if transaction.status not in PAID or is_other else "sale",
        source="provider",
        provider_payment_id=report.provider_payment_id or transaction.provider_payment_id,
        provider_refund_id=report.provider_object_id,
        provider_status=report.provider_status,
        succeeded_at=tx.now if state is RefundState.SUCCEEDED else None,
        last_fact_at=report.occurred_at,
    )
    deps.refunds.insert(tx, refund, otherwise=ChangedMeanwhile())
    transition = refund_transition(refund, None, transaction, event_source, (opening_entry(refund),))
    outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
    emit_refund_event(tx, refund, outcome.transaction)
    await check_reversals(tx, refund, transition, outcome.transaction, deps=deps)
    if state in UNDECIDED:
        # Not every provider reports the end of a refund: it is looked up, as for refunds requested here.
        deps.operations.insert(tx, new_operation(tx, transaction, "refund", deps, refund_id=refund.id))
    if refund.funds == "held":
        await close_held_case(tx, refund, deps=deps)
    return outcome
