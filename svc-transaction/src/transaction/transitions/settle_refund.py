"""Updates of a refund: state, books, transaction, events, in the caller's database transaction."""

from dataclasses import dataclass, replace
from typing import Literal

from gateway_contracts.requests.case import CaseKind
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain import ledger
from transaction.domain.ledger import Entry
from transaction.domain.refund import (
    UNDECIDED,
    UNDONE,
    Correction,
    Refund,
    RefundState,
    RefundUpdate,
    correct,
    settle,
)
from transaction.domain.states import Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Source, Transition
from transaction.ports import Deps
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.close_case import close_case
from transaction.transitions.load import load_pair
from transaction.transitions.open_case import open_case
from transaction.transitions.reversal_events import emit_refund_event


@dataclass(frozen=True)
class EventSource:
    """Source of an update, and whether the merchant is notified of it."""

    source: Source
    event_id: str | None = None
    event_type: str | None = None
    dispatch_ipn: bool = True
    manual: bool = False


async def settle_refund(
    tx: Tx, refund: Refund, update: RefundUpdate, event_source: EventSource, *, deps: Deps
) -> TransitionResult | None:
    """Apply an update to a refund that was read in this database transaction; None when it changes no state.

    Raises:
        ChangedMeanwhile: it was changed at the same moment.
    """
    update, undone = await _absorb(tx, refund, update, deps=deps)
    correction = correct(refund, update)
    present = correction.refund.changed(updated_at=tx.now) if correction else refund
    settled = settle(present, update, tx.now)
    if settled is None and correction is None:
        return None
    after = deps.refunds.replace(tx, refund, settled.refund if settled else present)
    if after.state is refund.state and correction is None:
        return None
    if refund.state in UNDECIDED and after.state not in UNDECIDED:
        await _close_missing(tx, after, deps=deps)
    transaction, checkout = await load_pair(tx, refund.scope, refund.transaction_id, deps=deps)
    entries = (*undone, *(correction.entries if correction else ()), *(settled.entries if settled else ()))
    transition = refund_transition(after, refund.state, transaction, event_source, entries)
    outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
    if after.state is not refund.state:
        emit_refund_event(tx, after, outcome.transaction, before=refund.state)
    if correction is not None:
        await _open_mismatch(tx, refund, correction, transition, outcome.transaction, deps=deps)
    await check_reversals(tx, after, transition, outcome.transaction, is_corrected=correction is not None, deps=deps)
    if after.state in UNDONE:
        await _look_after(tx, after, refund.state, transition, outcome.transaction, deps=deps)
    return outcome


def missing_key(refund: Refund) -> str:
    """Of the case about a refund that its provider says nothing of."""
    return f"{refund.transaction_id}:{CaseKind.REFUND_MISSING}:{refund.id}"


async def _close_missing(tx: Tx, refund: Refund, *, deps: Deps) -> None:
    """Close the case of a missing refund: the provider has reported it after all."""
    case = await deps.cases.open_by_key(tx, refund.scope, missing_key(refund))
    if case is not None:
        status: Literal["accepted", "dismissed"] = "dismissed" if refund.state in UNDONE else "accepted"
        await close_case(tx, case, status, deps=deps, refund_id=refund.id)


async def _open_mismatch(
    tx: Tx, before: Refund, correction: Correction, transition: Transition, transaction: Transaction, *, deps: Deps
) -> None:
    """Open a case when requested and refunded amount differ, once for each amount."""
    moved = correction.moved
    text = f"{moved.decimal_text()} {moved.currency}"
    key = f"{transaction.id}:{CaseKind.AMOUNT_MISMATCH}:refund:{before.id}:{text}"
    if await deps.cases.exists(tx, before.scope, key):
        return
    asked = f"{before.money.decimal_text()} {before.currency}"
    note = f"refund {before.id}: the provider gives back {text}, booked before as {asked}"
    about = replace(transition, amount=moved, note=note)
    await open_case(tx, CaseKind.AMOUNT_MISMATCH, about, transaction, deps=deps, key=key)


async def _absorb(
    tx: Tx, refund: Refund, update: RefundUpdate, *, deps: Deps
) -> tuple[RefundUpdate, tuple[Entry, ...]]:
    """A provider without our marker reported this refund before it answered our call: it was taken for one made
    there. Its record ends, its postings are reversed, and what it said holds for ours."""
    if update.provider_refund_id is None or refund.provider_refund_id is not None:
        return update, ()
    twin = await deps.refunds.by_provider_refund(tx, refund.scope, refund.provider_id, update.provider_refund_id)
    if twin is None or twin.id == refund.id or twin.transaction_id != refund.transaction_id:
        return update, ()
    ended = twin.changed(state=RefundState.CANCELED, provider_refund_id=None, updated_at=tx.now)
    deps.refunds.replace(tx, twin, ended)
    known = await deps.ledger.entries(tx, refund.scope, refund.transaction_id)
    undone = tuple(_undo(entry) for entry in known if entry.reference.split(":")[0] == twin.id)
    update = replace(update, amount=update.amount or twin.money)
    if twin.state in UNDECIDED:
        return update, undone
    return replace(update, state=twin.state, failure=update.failure or twin.failure), undone


def _undo(entry: Entry) -> Entry:
    return entry.reversed(entry.reference)


def refund_transition(
    refund: Refund,
    before: RefundState | None,
    transaction: Transaction,
    event_source: EventSource,
    entries: tuple[Entry, ...],
) -> Transition:
    """Transition of the transaction for the new state of a refund."""
    return Transition(
        trigger=_trigger(refund, before, transaction, entries),
        source=event_source.source,
        label=f"refund_{refund.state.value}",
        event_id=event_source.event_id,
        event_type=event_source.event_type,
        amount=refund.money,
        note=f"{refund.id} {refund.money.decimal_text()} {refund.currency}",
        entries=entries,
        reference=f"refund:{refund.id}",
        dispatch_ipn=event_source.dispatch_ipn,
        manual=event_source.manual,
    )


def _trigger(
    refund: Refund, before: RefundState | None, transaction: Transaction, entries: tuple[Entry, ...]
) -> Trigger:
    """Rows of the lifecycle table speak of the sale alone; everything else is only recorded, never left out."""
    if refund.funds == "held" or transaction.status not in (Status.SUCCEEDED, Status.REFUNDED):
        return Trigger.UNKNOWN_FACT
    refunded = transaction.refunded + ledger.totals(entries, transaction.currency).refunded
    remains = refunded < transaction.captured
    if refund.state is RefundState.SUCCEEDED and transaction.status is Status.SUCCEEDED:
        return Trigger.REFUND_CONFIRMED_PARTIAL if remains else Trigger.REFUND_CONFIRMED_FULL
    is_undone = refund.state in UNDONE and before is RefundState.SUCCEEDED
    if remains and (is_undone or transaction.status is Status.REFUNDED):
        return Trigger.REFUND_FAILED
    return Trigger.UNKNOWN_FACT


async def check_reversals(
    tx: Tx, refund: Refund, transition: Transition, transaction: Transaction, *, deps: Deps, is_corrected: bool = False
) -> None:
    """Open a case when more was given back than was captured: no error, but a person has to see it."""
    is_reserved_there = refund.state in UNDECIDED and (refund.source == "provider" or is_corrected)
    if refund.state is not RefundState.SUCCEEDED and not is_reserved_there:
        return
    if transaction.refundable < 0 or transaction.unapplied < 0:
        about = replace(transition, note="more was given back than was captured")
        key = f"{transaction.id}:double_reversal:{refund.id}"
        if await deps.cases.exists(tx, refund.scope, key):
            return  # it succeeded before, failed, and succeeds again
        await open_case(tx, CaseKind.DOUBLE_REVERSAL, about, transaction, deps=deps, key=key)


async def _look_after(
    tx: Tx, refund: Refund, before: RefundState, transition: Transition, transaction: Transaction, *, deps: Deps
) -> None:
    """Held money waits for a decision again; a refund that came back may have made a document."""
    if refund.case_id is not None:
        case = await deps.cases.get(tx, refund.scope, refund.case_id)
        if case is not None and case.status == "refunded":
            deps.cases.replace(tx, case, case.changed(status="open", resolved_at=None, note="the refund failed"))
    elif before is RefundState.SUCCEEDED:
        about = replace(transition, note="a refund failed after it had succeeded; a credit note may have been issued")
        key = f"{transaction.id}:refund_failed:{refund.id}:{refund.version}"
        await open_case(tx, CaseKind.DOCUMENT_CORRECTION, about, transaction, deps=deps, key=key)
