"""One thing that happened to one transaction, and what it changes. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, assert_never

from gateway_contracts.events.transaction import PaymentMethod
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseKind
from gateway_contracts.requests.transaction import Failure, TimelineEntry
from transaction.domain import ledger
from transaction.domain.checkout import Checkout
from transaction.domain.ledger import Entry
from transaction.domain.lifecycle import Circumstances, Decision
from transaction.domain.reports import (
    DisputeReported,
    FeeReported,
    PaymentReported,
    PayoutReported,
    ProviderReport,
    RefundReported,
    TransferReceived,
)
from transaction.domain.states import CAPTURES, OPEN, PAID, Effect, Status, Trigger
from transaction.domain.transaction import CanceledBy, Transaction

Source = Literal["api", "customer", "provider", "operator", "janitor"]
Changes = dict[str, Any]
"""New values of a transaction's fields, by their names."""

_FAILING = frozenset({Trigger.DECLINED, Trigger.CREATE_REFUSED, Trigger.LATE_FAILURE, Trigger.NO_SUCH_PAYMENT})


@dataclass(frozen=True)
class Transition:
    """A trigger with everything known about it.

    Attributes:
        by_caller: a caller waits for the answer and receives a conflict.
        label: what the timeline calls it, where that says more than the trigger.
        commits: from now on the customer cannot just walk away.
        sent: the customer says that the transfer is sent.
        deadline_at: set together with ``commits`` for methods without a deadline of their own.
        entries: postings that the trigger itself does not imply (receipts, fees).
        open_disputes: how many undecided chargebacks there are more (or less) after it.
        reference: what keeps the same money from being counted twice.
        lookup: the provider's name of a fee that has to be asked for.
    """

    trigger: Trigger
    source: Source
    by_caller: bool = False
    label: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    provider_payment_id: str | None = None
    provider_status: str | None = None
    amount: Money | None = None
    failure: Failure | None = None
    occurred_at: datetime | None = None
    commits: bool = False
    sent: bool = False
    deadline_at: datetime | None = None
    canceled_by: CanceledBy | None = None
    key_window_over: bool = False
    releasable: bool = True
    note: str | None = None
    entries: tuple[Entry, ...] = ()
    reference: str | None = None
    dispatch_ipn: bool = True
    manual: bool = False
    open_disputes: int = 0
    lookup: str | None = None
    method: PaymentMethod | None = None


@dataclass(frozen=True)
class Origin:
    """The request or webhook that is being handled, and its trace."""

    correlation_id: str | None = None
    trace_id: str | None = None


def transition_of(
    report: ProviderReport, transaction: Transaction, checkout: Checkout, *, source: Source, event_id: str | None
) -> Transition:
    """The transition that a provider's report about this transaction causes."""
    is_own = transaction.is_own(report.provider_payment_id)
    transition = Transition(
        trigger=classify(report, transaction, checkout),
        source=source,
        label=report.label or (None if is_own else report.trigger.value),
        event_id=event_id,
        event_type=report.event_type,
        provider_payment_id=report.provider_payment_id,
        provider_status=report.provider_status or None,
        amount=report.amount,
        occurred_at=report.occurred_at,
        note=_note(report, transaction),
        reference=report.provider_payment_id,
    )
    match report:
        case PaymentReported():
            return replace(
                transition,
                failure=report.failure,
                method=report.method,
                commits=is_own and report.trigger is Trigger.PROCESSING and report.label != "requires_action",
                canceled_by="provider" if report.trigger is Trigger.CANCELED_AT_PROVIDER else None,
            )
        case FeeReported():
            entries = tuple(_settled(report, transaction.provider_id, report.provider_object_id))
            return replace(transition, entries=entries, lookup=report.lookup)
        case PayoutReported():
            return replace(transition, entries=_paid_out(report, transaction))
        case RefundReported() | DisputeReported() | TransferReceived():
            return transition
        case _:
            assert_never(report)


def _paid_out(report: PayoutReported, transaction: Transaction) -> tuple[Entry, ...]:
    if report.amount is None or not report.amount.amount_minor:
        return ()
    reference = report.provider_object_id or report.provider_payment_id or transaction.id
    return (ledger.payout(report.amount, transaction.provider_id, reference),)


def _settled(report: FeeReported, provider_id: str, reference: str | None) -> Iterator[Entry]:
    """Entries for the effects of a movement at the provider besides the money itself: exchange, fee, rounding."""
    if not reference:
        return
    if report.exchange is not None:
        gone, come = report.exchange
        yield ledger.exchange(gone, come, provider_id, reference)
    if report.amount is not None and report.amount.amount_minor:
        book = ledger.dispute_fee if report.fee_of == "dispute" else ledger.provider_fee
        yield book(report.amount, provider_id, reference)
    if report.rounding is not None and report.rounding.amount_minor:
        yield ledger.rounding(report.rounding, provider_id, reference)


def classify(report: ProviderReport, transaction: Transaction, checkout: Checkout) -> Trigger:
    """The row of the lifecycle table: a capture is exact, of another amount, or the second one of its session. What
    happens to another payment than the transaction's own moves nothing but money."""
    is_own = transaction.is_own(report.provider_payment_id)
    if report.trigger is not Trigger.CAPTURE_CONFIRMED:
        return report.trigger if is_own else Trigger.UNKNOWN_FACT
    if not is_own and transaction.status not in PAID:
        return Trigger.CAPTURE_OF_ANOTHER
    if checkout.paid_by not in (None, transaction.id) and transaction.status not in PAID:
        return Trigger.CAPTURE_ALREADY_PAID
    if report.amount != Money(transaction.amount, transaction.currency):
        return Trigger.CAPTURE_MISMATCH
    return Trigger.CAPTURE_CONFIRMED


def _note(report: ProviderReport, transaction: Transaction) -> str | None:
    if not transaction.is_own(report.provider_payment_id):
        return f"of payment {report.provider_payment_id}; the transaction's own is {transaction.provider_payment_id}"
    if report.provider_object_id is None:
        return None
    amount = f" {report.amount.decimal_text()} {report.amount.currency}" if report.amount else ""
    return f"{report.provider_object_id}{amount} {report.provider_status}".strip()


def circumstances(
    transition: Transition, transaction: Transaction, checkout: Checkout, now: datetime, *, late_payment: str | None
) -> Circumstances:
    """Conditions for the lifecycle table. ``late_payment`` is the site's setting: accept, review, or None for
    the rule that time may be forgiven, a person's decision not."""
    accept_late = transaction.canceled_by == "expiry" if late_payment is None else late_payment == "accept"
    return Circumstances(
        by_caller=transition.by_caller,
        committed=transaction.committed,
        releasable=transition.releasable,
        same_payment=transaction.is_own(transition.provider_payment_id),
        accept_late=accept_late,
        session_ended=now >= checkout.expires_at,
        key_window_over=transition.key_window_over,
        outdated=(
            transition.occurred_at is not None
            and transaction.last_fact_at is not None
            and transition.occurred_at < transaction.last_fact_at
        ),
    )


def entries_for(
    transition: Transition, decision: Decision, transaction: Transaction, known: Sequence[Entry]
) -> list[Entry]:
    """The postings that a decision implies and that are not in the books (``known``) yet."""
    booked = {(entry.kind, entry.reference) for entry in known}
    return [
        entry
        for entry in _implied(transition, decision, transaction, known)
        if (entry.kind, entry.reference) not in booked
    ]


def _implied(
    transition: Transition, decision: Decision, transaction: Transaction, known: Sequence[Entry]
) -> list[Entry]:
    amount = transition.amount
    if transition.entries or transition.trigger not in CAPTURES or amount is None or amount.amount_minor <= 0:
        return list(transition.entries)
    provider_id, reference = transaction.provider_id, transition.reference or transaction.id
    if decision.to is Status.SUCCEEDED:
        return _sale(amount, provider_id, reference, late=decision.late, held=ledger.held(known, reference))
    if decision.case is not None and _is_new_money(transition, transaction):
        return [ledger.unapplied_capture(amount, provider_id, reference)]
    return []


def _sale(amount: Money, provider_id: str, reference: str, *, late: bool, held: Entry | None) -> list[Entry]:
    """Money of this payment that is held already is not booked a second time, whatever amount was reported first."""
    if held is not None and held.postings[0].amount != amount:
        return [held.reversed(reference), ledger.capture(amount, provider_id, reference)]
    if held is None and not late:
        return [ledger.capture(amount, provider_id, reference)]
    return [
        ledger.unapplied_capture(amount, provider_id, reference),
        ledger.unapplied_accepted(amount, provider_id, reference),
    ]


def _is_new_money(transition: Transition, transaction: Transaction) -> bool:
    """Whether the provider holds it beside what is booked: a paid transaction's own payment is booked already."""
    return transaction.status not in PAID or transition.provider_payment_id != transaction.provider_payment_id


def case_key(kind: CaseKind, transition: Transition, transaction: Transaction) -> str:
    """Equal for the same money or fact, however often it is reported."""
    return f"{transaction.id}:{kind}:{transition.reference or transition.event_id or transition.trigger}"


def changed(
    transaction: Transaction,
    transition: Transition,
    decision: Decision,
    *,
    posted: Sequence[Entry] | None,
    now: datetime,
    origin: Origin,
) -> Transaction:
    """The transaction after the decision. ``posted`` are all its entries, where new ones were added."""
    # Gathered first and changed once: each change checks all of a transaction's fields.
    changes: Changes = {
        "status": decision.to or transaction.status,
        "updated_at": now,
        "provider_payment_id": transaction.provider_payment_id or transition.provider_payment_id,
        "open_disputes": max(transaction.open_disputes + transition.open_disputes, 0),
        "timeline": (*transaction.timeline, _timeline_entry(transaction, transition, decision, now, origin)),
    }
    if transaction.is_own(transition.provider_payment_id):
        changes |= {
            "provider_status": transition.provider_status or transaction.provider_status,
            "payment_method": transition.method or transaction.payment_method,
        }
    if transaction.status in OPEN:
        changes |= _bound(transaction, transition, now)
    if decision.effect is Effect.APPLIED:
        changes |= _applied(transaction, transition, decision)
    if posted is not None:
        changes |= _booked(posted, transaction.currency)
    disputed = changes.get("disputed", transaction.disputed)
    changes["contested"] = disputed > 0 or changes["open_disputes"] > 0
    return transaction.changed(**changes)


def is_bound_by(transition: Transition, transaction: Transaction) -> bool:
    """Whether it binds the customer of an open transaction more than before, even if the state stays the same."""
    binds = transition.commits and not transaction.committed
    return transaction.is_open and (binds or (transition.sent and transaction.sent_at is None))


def _bound(transaction: Transaction, transition: Transition, now: datetime) -> Changes:
    changes: Changes = {}
    if transition.commits:
        changes |= {"committed": True, "deadline_at": transition.deadline_at or transaction.deadline_at}
    if transition.trigger is Trigger.AUTHORIZED and transaction.is_own(transition.provider_payment_id):
        changes["authorized"] = True
    if transition.sent:
        changes["sent_at"] = transaction.sent_at or now
    elif transition.trigger is Trigger.RECEIPT_PARTIAL:
        changes["sent_at"] = None  # the rest has to be sent, too
    return changes


def _applied(transaction: Transaction, transition: Transition, decision: Decision) -> Changes:
    changes: Changes = {}
    if transition.occurred_at is not None:
        changes["last_fact_at"] = max(transition.occurred_at, transaction.last_fact_at or transition.occurred_at)
    if decision.to is Status.CANCELED:
        changes["canceled_by"] = transition.canceled_by
    if decision.to is Status.FAILED and transition.trigger in _FAILING:
        changes["failure"] = transition.failure or Failure(code="PAYMENT_FAILED", message="The payment failed.")
    if decision.to is Status.SUCCEEDED:
        changes |= {"failure": None, "canceled_by": None}
    if decision.to not in OPEN:
        changes |= {"resolve_at": None, "deadline_at": None}
    return changes


def _booked(posted: Sequence[Entry], currency: str) -> Changes:
    totals = ledger.totals(posted, currency)
    return {
        "captured": totals.captured,
        "refunded": totals.refunded,
        "refunds_accepted": totals.refunds_accepted,
        "disputed": totals.disputed,
        "received": totals.received,
        "unapplied": totals.unapplied,
        "entry_count": len(posted),
    }


def _timeline_entry(
    transaction: Transaction, transition: Transition, decision: Decision, now: datetime, origin: Origin
) -> TimelineEntry:
    return TimelineEntry(
        at=now,
        type=transition.label or transition.trigger.value,
        effect=decision.effect.value,
        from_status=transaction.status.public,
        to_status=(decision.to or transaction.status).public,
        source=transition.source,
        event_id=transition.event_id,
        correlation_id=origin.correlation_id,
        trace_id=origin.trace_id,
        note=transition.note,
        failure=transition.failure,
    )
