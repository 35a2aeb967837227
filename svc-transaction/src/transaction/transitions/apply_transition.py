"""The one way in which a transaction changes: decide, post, update under guard, open cases, emit the event."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from gateway_contracts.aggregates import Scope
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseKind
from gateway_kit import context
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.telemetry import continued_span, current_trace_id
from transaction.domain.booked import booked_entries
from transaction.domain.checkout import Checkout
from transaction.domain.ledger import Entry
from transaction.domain.lifecycle import IGN, Decision, decide
from transaction.domain.records import Case, OperationKind, ProviderOperation
from transaction.domain.states import CAPTURES, OPEN, PAID, Action, Effect, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import (
    Origin,
    Transition,
    case_key,
    changed,
    circumstances,
    entries_for,
    is_bound_by,
)
from transaction.ports import Deps
from transaction.transitions.ahead import PaymentsAhead
from transaction.transitions.events import emit_checkout_event, emit_ledger_event, emit_transaction_event
from transaction.transitions.intent import new_operation
from transaction.transitions.open_case import open_case

log = get_logger(__name__)


@dataclass(frozen=True)
class TransitionResult:
    """Result of a transition. ``operations`` are stored intents, executed after the commit."""

    decision: Decision
    transaction: Transaction
    checkout: Checkout
    operations: tuple[ProviderOperation, ...] = ()


async def apply_transition(
    tx: Tx,
    transition: Transition,
    transaction: Transaction,
    checkout: Checkout,
    *,
    deps: Deps,
    ahead: PaymentsAhead | None = None,
) -> TransitionResult:
    """Apply a transition to a transaction that was read in this database transaction, in the payment's own trace.

    Args:
        ahead: what was read before for a group of events.

    Raises:
        ChangedMeanwhile: it was changed at the same moment.
    """
    with continued_span("transaction.advance", transaction.traceparent, trigger=transition.trigger.value):
        return await _apply(tx, transition, transaction, checkout, deps=deps, ahead=ahead or PaymentsAhead())


async def _apply(
    tx: Tx, transition: Transition, transaction: Transaction, checkout: Checkout, *, deps: Deps, ahead: PaymentsAhead
) -> TransitionResult:
    decision = await _decide(tx, transition, transaction, checkout, deps=deps)
    log.info(
        "transaction.trigger",
        transaction_id=transaction.id,
        trigger=transition.trigger.value,
        status=transaction.status.value,
        effect=decision.effect.value,
        to=decision.to.value if decision.to else None,
    )
    if decision.effect in (Effect.IGNORED, Effect.CONFLICT):
        return TransitionResult(decision, transaction, checkout)
    scope = transaction.scope
    posted = await _post(tx, scope, transition, decision, transaction, deps=deps)
    if posted is None and transition.entries and transition.trigger is Trigger.UNKNOWN_FACT:
        # A fee or payout that is in the books already: a provider repeats it with each event about the same movement.
        return TransitionResult(IGN, transaction, checkout)
    origin = Origin(context.correlation_id.get() or None, current_trace_id())
    after = changed(transaction, transition, decision, posted=posted, now=tx.now, origin=origin)
    stored = deps.transactions.replace(tx, transaction, after)
    automatic = await _set_aside(tx, transition, decision, transaction, stored, deps=deps)
    _emit(tx, transaction, stored, transition, decision, posted, deps=deps)
    operations = await _follow_up(tx, scope, decision, stored, deps=deps)
    _look_up(tx, transition.lookup, stored, deps=deps)
    if stored.status is Status.SUCCEEDED and transaction.status in (*OPEN, Status.FAILED, Status.CANCELED):
        checkout = await _complete(tx, transition, stored, checkout, deps=deps, ahead=ahead)
        if len(checkout.transaction_ids) > 1:
            operations += await _release_siblings(tx, scope, stored, deps=deps)
    elif stored.status not in OPEN and transaction.status in OPEN:
        checkout = _hasten_expiry(tx, checkout, deps=deps)
    operations += automatic
    for operation in operations:
        deps.operations.insert(tx, operation)
    return TransitionResult(decision, stored, checkout, tuple(operations))


def _emit(
    tx: Tx,
    before: Transaction,
    stored: Transaction,
    transition: Transition,
    decision: Decision,
    posted: Sequence[Entry] | None,
    *,
    deps: Deps,
) -> None:
    """The event of the change of status, else of the new entries; without either there is none."""
    booked = booked_entries(posted[before.entry_count :]) if posted is not None else ()
    if stored.status.public != before.status.public:
        restored = before.status is Status.REFUNDED
        emit_transaction_event(
            tx,
            stored,
            cipher=deps.cipher,
            transition=transition,
            late=decision.late,
            restored=restored,
            booked=booked,
        )
    elif booked:
        emit_ledger_event(tx, stored, booked, transition)


async def _decide(
    tx: Tx, transition: Transition, transaction: Transaction, checkout: Checkout, *, deps: Deps
) -> Decision:
    site = deps.tenants.site(transaction.site_id)
    late_payment = site.settings.get("latePayment") if site else None
    given = circumstances(transition, transaction, checkout, tx.now, late_payment=late_payment)
    decision = decide(transaction.status, transition.trigger, given)
    if decision.effect is Effect.IGNORED and is_bound_by(transition, transaction):
        # Nothing to change in the state, but from now on the customer is bound.
        return replace(decision, effect=Effect.RECORDED)
    scope = transaction.scope
    if decision.case is not None and await deps.cases.exists(
        tx, scope, case_key(decision.case, transition, transaction)
    ):
        return IGN
    if transition.lookup is not None and await deps.operations.get(tx, scope, _fee_id(transition.lookup, transaction)):
        return IGN
    return decision


async def _post(
    tx: Tx, scope: Scope, transition: Transition, decision: Decision, transaction: Transaction, *, deps: Deps
) -> list[Entry] | None:
    """All entries of the transaction after the new ones; None when there is nothing new."""
    if not transition.entries and transition.trigger not in CAPTURES:
        return None
    known = await deps.ledger.entries(tx, scope, transaction.id) if transaction.entry_count else ()
    new = entries_for(transition, decision, transaction, known)
    deps.ledger.post(tx, transaction, new)
    return [*known, *new] if new else None


async def _set_aside(
    tx: Tx, transition: Transition, decision: Decision, before: Transaction, stored: Transaction, *, deps: Deps
) -> list[ProviderOperation]:
    """Money that needs a decision: open its case. The calls that the site decided on in advance."""
    if decision.case is not None:
        case = await open_case(tx, decision.case, transition, stored, deps=deps)
        return _decided_by_site(tx, case, stored, deps=deps)
    if before.status in OPEN and stored.status in (Status.FAILED, Status.CANCELED):
        await _keep_parts(tx, transition, stored, deps=deps)
    return []


async def _keep_parts(tx: Tx, transition: Transition, transaction: Transaction, *, deps: Deps) -> None:
    """Parts of a payment that arrived before it ended wait for a person, unless a case names them already."""
    if transaction.unapplied <= 0:
        return
    loose = transaction.unapplied - await deps.cases.waiting_money(tx, transaction)
    if loose > 0:
        held = replace(
            transition,
            amount=Money(loose, transaction.currency),
            note=f"the payment ended ({transition.trigger}) after a part had arrived",
        )
        key = f"{transaction.id}:{CaseKind.AMOUNT_MISMATCH}:parts"
        await open_case(tx, CaseKind.AMOUNT_MISMATCH, held, transaction, deps=deps, key=key)


def _decided_by_site(tx: Tx, case: Case, transaction: Transaction, *, deps: Deps) -> list[ProviderOperation]:
    """Money that the site sends back without asking a person: what was paid twice, unless it wants to look. Another
    payment that carries the marker of an unpaid transaction was not paid twice: it may belong to another order."""
    if transaction.status not in PAID and not transaction.is_own(case.provider_payment_id):
        return []
    site = deps.tenants.site(transaction.site_id)
    settings = site.settings if site else {}
    wanted: dict[str, str | None] = {
        CaseKind.DUPLICATE_PAYMENT: settings.get("duplicatePayment") or "refund",
        CaseKind.LATE_PAYMENT: settings.get("latePayment"),
    }
    if wanted.get(case.kind) != "refund" or not case.amount or transaction.unapplied <= 0:
        return []
    return [new_operation(tx, transaction, "refund_case", deps, case_id=case.id)]


async def _complete(
    tx: Tx, transition: Transition, transaction: Transaction, checkout: Checkout, *, deps: Deps, ahead: PaymentsAhead
) -> Checkout:
    """Complete the session. If another session with the same reference was paid, open a case."""
    if checkout.paid_by is not None:
        return checkout
    completed = checkout.changed(status="completed", paid_by=transaction.id, updated_at=tx.now)
    checkout = deps.checkouts.replace(tx, checkout, completed)
    emit_checkout_event(tx, checkout)
    if checkout.external_reference:
        known = await ahead.take_reference(tx, checkout, deps=deps)
        other = deps.references.count_success(tx, checkout, known)
        if other is not None:
            about = replace(transition, note=f"the reference was paid before, by checkout {other}")
            key = f"{transaction.id}:reference"
            await open_case(tx, CaseKind.DUPLICATE_PAYMENT, about, transaction, deps=deps, key=key)
    return checkout


async def _release_siblings(tx: Tx, scope: Scope, winner: Transaction, *, deps: Deps) -> list[ProviderOperation]:
    """Cancel other attempts of a paid session, so that the customer does not pay twice."""
    siblings = await deps.transactions.of_checkout(tx, scope, winner.checkout_id)
    return [
        new_operation(tx, sibling, "cancel", deps, trigger=Trigger.CANCEL_REQUESTED, canceled_by="expiry")
        for sibling in siblings
        if sibling.id != winner.id and sibling.status in (Status.INITIATED, Status.PENDING)
    ]


def _hasten_expiry(tx: Tx, checkout: Checkout, *, deps: Deps) -> Checkout:
    """A session that outlived its time for this attempt has nothing more to wait for."""
    if checkout.status != "pending" or tx.now < checkout.expires_at or checkout.due_at <= tx.now:
        return checkout
    return deps.checkouts.replace(tx, checkout, checkout.changed(due_at=tx.now))


async def _follow_up(
    tx: Tx, scope: Scope, decision: Decision, transaction: Transaction, *, deps: Deps
) -> list[ProviderOperation]:
    """Operations that follow from a decision. An authorization is captured once, however often it is reported."""
    operations = []
    for action in decision.then:
        if action is Action.CAPTURE and await _is_capturing(tx, scope, transaction, deps=deps):
            continue
        operations.append(new_operation(tx, transaction, _operation_kind(action), deps))
    return operations


def _operation_kind(action: Action) -> OperationKind:
    match action:
        case Action.ASK:
            return "ask"
        case Action.CAPTURE:
            return "capture"
        case Action.VOID | Action.CANCEL:
            return "cancel"
        case _:
            assert_never(action)


def _look_up(tx: Tx, reference: str | None, transaction: Transaction, *, deps: Deps) -> None:
    """A fee that was only named is asked for later."""
    if reference is None:
        return
    operation = new_operation(tx, transaction, "fee", deps, object_id=reference)
    fee = operation.changed(id=_fee_id(reference, transaction), state="waiting", due_at=tx.now)
    deps.operations.insert(tx, fee)


def _fee_id(reference: str, transaction: Transaction) -> str:
    return f"fee:{transaction.provider_id}:{reference}"


async def _is_capturing(tx: Tx, scope: Scope, transaction: Transaction, *, deps: Deps) -> bool:
    known = await deps.operations.latest(tx, scope, transaction.id, "capture")
    return known is not None and known.state in ("intent", "unknown", "done")
