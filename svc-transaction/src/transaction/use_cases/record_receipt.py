"""A merchant records money that arrived on the bank account."""

from dataclasses import dataclass, replace

from gateway_contracts.errors import Conflict, FieldProblem, Invalid
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import AMOUNT_MINOR_MAX, Money, is_currency
from gateway_contracts.requests.transaction import RecordReceipt, TransactionRecord
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain import ledger
from transaction.domain.ledger import Entry
from transaction.domain.moves import Move
from transaction.domain.records import Receipt, Scope
from transaction.domain.states import PAID, CaseKind, Trigger
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.use_cases.advance import Advanced, advance, open_case
from transaction.use_cases.load import load_pair
from transaction.use_cases.make_calls import make_calls
from transaction.use_cases.views import transaction_record

_REFERENCE_LENGTH_MAX = 140


@dataclass(frozen=True)
class _Sums:
    """What a receipt means: which row of the lifecycle table, what is posted, what is too much."""

    trigger: Trigger
    entries: tuple[Entry, ...]
    surplus: Money | None = None


async def record_receipt(request: RecordReceipt, *, scope: Scope, deps: Deps) -> TransactionRecord:
    """Partial sums wait, the full sum succeeds, ``final`` writes a difference off, surplus opens a case.

    Idempotent on the bank's reference.

    Raises:
        NotFound: there is no such transaction in this organization and mode.
        Invalid: a rule on a field is broken, or the transaction is not paid by bank transfer.
        Conflict: the bank's reference was used for something else (``BANK_REFERENCE_USED``).
    """
    _check(request)

    async def work(tx: Tx) -> Advanced | Transaction:
        transaction, checkout = await load_pair(tx, scope, request.transaction_id, deps=deps)
        _require_transfer(transaction, deps=deps)
        known = await deps.receipts.by_bank_reference(scope, request.bank_reference, tx)
        if known is not None:
            _require_same(known, request)
            return transaction
        await deps.receipts.insert(tx, _receipt(tx, request, scope))
        sums = _sums(request, transaction, checkout.paid_by, _tolerance(transaction, deps=deps))
        move = _move(request, sums)
        outcome = await advance(tx, move, transaction, checkout, deps=deps)
        if sums.surplus is not None and outcome.decision.case is None:
            surplus = replace(move, amount=sums.surplus, note="more arrived than was asked for")
            await open_case(tx, CaseKind.AMOUNT_MISMATCH, surplus, outcome.transaction, deps=deps)
        return outcome

    outcome = await deps.uow.run(work)
    if isinstance(outcome, Transaction):
        return transaction_record(outcome, deps=deps)
    await make_calls(outcome.calls, deps=deps)
    return transaction_record(outcome.transaction, deps=deps)


def _check(request: RecordReceipt) -> None:
    problems = []
    if not 1 <= request.amount <= AMOUNT_MINOR_MAX:
        problems.append(FieldProblem("amount", "must be a positive integer number of minor units"))
    if not is_currency(request.currency):
        problems.append(FieldProblem("currency", "is not an ISO 4217 currency"))
    if not 1 <= len(request.bank_reference) <= _REFERENCE_LENGTH_MAX:
        problems.append(FieldProblem("bankReference", f"must have 1 to {_REFERENCE_LENGTH_MAX} characters"))
    if problems:
        raise Invalid(f"{problems[0].field}: {problems[0].message}", details=problems)


def _require_transfer(transaction: Transaction, *, deps: Deps) -> None:
    capabilities = deps.providers.capabilities(transaction.provider_type)
    if capabilities is None or "bank_transfer" not in capabilities.methods:
        raise Invalid("this transaction is not paid by bank transfer", code="RECEIPT_NOT_ALLOWED")


def _require_same(known: Receipt, request: RecordReceipt) -> None:
    same = (known.transaction_id, known.amount, known.currency)
    if same != (request.transaction_id, request.amount, request.currency):
        raise Conflict("this bank reference was recorded for another payment", code="BANK_REFERENCE_USED")


def _receipt(tx: Tx, request: RecordReceipt, scope: Scope) -> Receipt:
    return Receipt(
        id=new_object_id(),
        organization_id=scope.organization_id,
        livemode=scope.livemode,
        transaction_id=request.transaction_id,
        bank_reference=request.bank_reference,
        amount=request.amount,
        currency=request.currency,
        received_at=request.received_at,
        created_at=tx.now,
    )


def _tolerance(transaction: Transaction, *, deps: Deps) -> int:
    """How far a sum may be off, in minor units; a setting of the site, none by default."""
    site = deps.tenants.site(transaction.site_id)
    value = site.settings.get("wireTolerance") if site else None
    return value if isinstance(value, int) and value > 0 else 0


def _sums(request: RecordReceipt, transaction: Transaction, paid_by: str | None, tolerance: int) -> _Sums:
    arrived = Money(request.amount, request.currency)
    reference, provider_id = request.bank_reference, transaction.provider_id
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
    if short.amount_minor > tolerance and not request.final:
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


def _move(request: RecordReceipt, sums: _Sums) -> Move:
    return Move(
        trigger=sums.trigger,
        source="operator",
        label="receipt",
        amount=Money(request.amount, request.currency),
        commits=True,
        entries=sums.entries,
        reference=f"bank:{request.bank_reference}",
        dispatch_ipn=request.dispatch_ipn,
        manual=True,
        note=f"{Money(request.amount, request.currency).decimal_text()} {request.currency}",
    )
