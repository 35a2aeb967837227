"""Money on the bank account for a known transaction, reported by the merchant or by the bank (Wise)."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway_contracts.errors import ChangedMeanwhile
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseKind
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain import ledger
from transaction.domain.checkout import Checkout
from transaction.domain.ledger import Entry
from transaction.domain.records import Receipt
from transaction.domain.states import PAID, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Source, Transition
from transaction.ports import Deps
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.open_case import open_case


@dataclass(frozen=True)
class IncomingTransfer:
    """One transfer.

    Attributes:
        bank_reference: identifies it at the bank; the same money is never counted twice under it.
        final: accept an underpayment and write off the rest.
        source: ``operator`` or ``provider``.
        event_id, event_type, provider_status: from the provider's event, when the provider reported the money.
    """

    amount: Money
    bank_reference: str
    received_at: datetime
    final: bool = False
    dispatch_ipn: bool = True
    source: Source = "operator"
    event_id: str | None = None
    event_type: str | None = None
    provider_status: str | None = None


@dataclass(frozen=True)
class _Sums:
    """Effect of a receipt: the row of the lifecycle table, the postings, the surplus."""

    trigger: Trigger
    entries: tuple[Entry, ...]
    surplus: Money | None = None


async def book_receipt(
    tx: Tx, money: IncomingTransfer, transaction: Transaction, checkout: Checkout, *, deps: Deps
) -> TransitionResult:
    """Store the receipt and apply it: parts add up, too much opens a case. The caller has seen that it is new.

    Raises:
        ChangedMeanwhile: the transaction was changed at the same moment.
    """
    deps.receipts.insert(tx, _receipt(tx, money, transaction), otherwise=ChangedMeanwhile())
    sums = _sums(money, transaction, checkout.paid_by, _tolerance(transaction, deps=deps))
    transition = _transition(money, sums)
    outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
    if sums.surplus is not None and outcome.decision.case is None:
        surplus = replace(transition, amount=sums.surplus, note="more arrived than was asked for")
        await open_case(tx, CaseKind.AMOUNT_MISMATCH, surplus, outcome.transaction, deps=deps)
    return outcome


def _receipt(tx: Tx, money: IncomingTransfer, transaction: Transaction) -> Receipt:
    return Receipt(
        id=new_object_id(),
        organization_id=transaction.organization_id,
        livemode=transaction.livemode,
        transaction_id=transaction.id,
        bank_reference=money.bank_reference,
        amount=money.amount.amount_minor,
        currency=money.amount.currency,
        received_at=money.received_at,
        created_at=tx.now,
    )


def _tolerance(transaction: Transaction, *, deps: Deps) -> int:
    """How far a sum may be off, in minor units; a setting of the site, none by default."""
    site = deps.tenants.site(transaction.site_id)
    value = site.settings.get("wireTolerance") if site else None
    return value if isinstance(value, int) and value > 0 else 0


def _sums(money: IncomingTransfer, transaction: Transaction, paid_by: str | None, tolerance: int) -> _Sums:
    arrived = money.amount
    reference, provider_id = money.bank_reference, transaction.provider_id
    receipt = ledger.receipt(arrived, provider_id, reference)
    if paid_by not in (None, transaction.id) and transaction.status not in PAID:
        return _Sums(Trigger.CAPTURE_ALREADY_PAID, (receipt,))
    asked = Money(transaction.amount, transaction.currency)
    if arrived.currency != asked.currency:
        return _Sums(Trigger.CAPTURE_MISMATCH, (receipt,))
    if not transaction.is_open:
        return _Sums(Trigger.RECEIPT_COMPLETE, (receipt,))
    held = Money(transaction.unapplied, asked.currency) + arrived
    short = asked - held
    if short.amount_minor > tolerance and not money.final:
        return _Sums(Trigger.RECEIPT_PARTIAL, (receipt,))
    if short.amount_minor > 0:
        accepted = ledger.underpayment_accepted(asked, short, reference)
        return _Sums(Trigger.RECEIPT_COMPLETE, (receipt, accepted))
    complete = ledger.order_complete(asked, provider_id, reference)
    surplus = -short
    if surplus.amount_minor == 0:
        return _Sums(Trigger.RECEIPT_COMPLETE, (receipt, complete))
    if surplus.amount_minor <= tolerance:
        return _Sums(Trigger.RECEIPT_COMPLETE, (receipt, complete, ledger.surplus_kept(surplus, reference)))
    return _Sums(Trigger.RECEIPT_COMPLETE, (receipt, complete), surplus)


def _transition(money: IncomingTransfer, sums: _Sums) -> Transition:
    return Transition(
        trigger=sums.trigger,
        source=money.source,
        label="receipt",
        event_id=money.event_id,
        event_type=money.event_type,
        provider_status=money.provider_status,
        amount=money.amount,
        commits=True,
        entries=sums.entries,
        reference=f"bank:{money.bank_reference}",
        dispatch_ipn=money.dispatch_ipn,
        manual=money.source == "operator",
        note=f"{money.amount.decimal_text()} {money.amount.currency}",
    )
