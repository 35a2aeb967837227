"""A merchant records money that arrived on the bank account."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.money import Money
from gateway_contracts.requests.transaction import RecordReceipt, TransactionRecord
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.amounts import minor_amounts
from transaction.domain.records import Receipt
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.provider_operations.execute import execute_operations
from transaction.transitions.apply_transition import TransitionResult
from transaction.transitions.book_receipt import IncomingTransfer, book_receipt
from transaction.transitions.load import load_pair
from transaction.views import transaction_record


async def record_receipt(request: RecordReceipt, *, scope: Scope, deps: Deps) -> TransactionRecord:
    """Partial sums wait, the full sum succeeds, ``final`` writes a difference off, surplus opens a case.

    Idempotent on the bank's reference.

    Raises:
        NotFound: there is no such transaction in this organization and mode.
        Invalid: a rule on a field is broken, or the transaction is not paid by bank transfer.
        Conflict: the bank's reference was used for something else (``BANK_REFERENCE_USED``).
    """

    async def work(tx: Tx) -> TransitionResult | Transaction:
        transaction, checkout = await load_pair(tx, scope, request.transaction_id, deps=deps)
        _require_transfer(transaction, deps=deps)
        arrived = _arrived(request, transaction)
        known = await deps.receipts.by_bank_reference(tx, scope, request.bank_reference)
        if known is not None:
            _require_same(known, arrived, transaction)
            return transaction
        return await book_receipt(tx, arrived, transaction, checkout, deps=deps)

    outcome = await deps.uow.run(work)
    if isinstance(outcome, Transaction):
        return transaction_record(outcome, deps=deps)
    await execute_operations(outcome.operations, deps=deps)
    return transaction_record(outcome.transaction, deps=deps)


def _arrived(request: RecordReceipt, transaction: Transaction) -> IncomingTransfer:
    read = minor_amounts({"amount": request.amount}, request.currency, transaction.amount_format)
    return IncomingTransfer(
        amount=Money(read["amount"], request.currency),
        bank_reference=request.bank_reference,
        received_at=request.received_at,
        final=request.final,
        dispatch_ipn=request.dispatch_ipn,
    )


def _require_transfer(transaction: Transaction, *, deps: Deps) -> None:
    capabilities = deps.providers.capabilities(transaction.provider_type)
    if capabilities is None or "bank_transfer" not in capabilities.methods:
        raise Invalid("this transaction is not paid by bank transfer", code="RECEIPT_NOT_ALLOWED")


def _require_same(known: Receipt, arrived: IncomingTransfer, transaction: Transaction) -> None:
    if known.transaction_id != transaction.id or Money(known.amount, known.currency) != arrived.amount:
        raise Conflict("this bank reference was recorded for another payment", code="BANK_REFERENCE_USED")
