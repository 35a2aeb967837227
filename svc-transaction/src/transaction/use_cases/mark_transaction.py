"""Outcome of a bank transfer, set by an operator."""

from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.money import Money
from gateway_contracts.requests.operation import MarkTransaction
from gateway_contracts.requests.transaction import TransactionRecord
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain import ledger
from transaction.domain.ledger import Entry
from transaction.domain.states import Effect, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.errors import transaction_has_money
from transaction.ports import Deps
from transaction.provider_operations.execute import execute_operations
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.load import load_pair
from transaction.views import transaction_record

_TRIGGERS: Final = {
    "paid": (Trigger.MARKED_PAID, Status.SUCCEEDED),
    "failed": (Trigger.MARKED_FAILED, Status.FAILED),
    "canceled": (Trigger.MARKED_CANCELED, Status.CANCELED),
}


async def mark_transaction(request: MarkTransaction, *, scope: Scope, deps: Deps) -> TransactionRecord:
    """Paid: what is missing arrived on the bank account. Marking it the same way again is fine.

    Raises:
        NotFound: there is no such transaction in this organization and mode.
        Invalid: it is not paid by bank transfer (``MARK_NOT_ALLOWED``).
        Conflict: it has ended (``TRANSACTION_ENDED``), or part of the money arrived (``TRANSACTION_HAS_MONEY``).
    """
    trigger, wanted = _TRIGGERS[request.outcome]

    async def work(tx: Tx) -> TransitionResult | Transaction:
        transaction, checkout = await load_pair(tx, scope, request.transaction_id, deps=deps)
        if transaction.status is wanted:
            return transaction
        _require_transfer(transaction, deps=deps)
        if trigger is not Trigger.MARKED_PAID and transaction.unapplied:
            raise transaction_has_money()
        transition = Transition(
            trigger,
            "operator",
            by_caller=True,
            canceled_by="person" if trigger is Trigger.MARKED_CANCELED else None,
            entries=_entries(transaction) if trigger is Trigger.MARKED_PAID and transaction.is_open else (),
            reference=f"marked:{transaction.id}",
            dispatch_ipn=request.dispatch_ipn,
            manual=True,
        )
        outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
        if outcome.decision.effect is Effect.CONFLICT:
            raise Conflict(f"this transaction is {transaction.status.public}", code="TRANSACTION_ENDED")
        return outcome

    outcome = await deps.uow.run(work)
    if isinstance(outcome, Transaction):
        return transaction_record(outcome, deps=deps)
    await execute_operations(outcome.operations, deps=deps)
    return transaction_record(outcome.transaction, deps=deps)


def _require_transfer(transaction: Transaction, *, deps: Deps) -> None:
    capabilities = deps.providers.capabilities(transaction.provider_type)
    if capabilities is None or "bank_transfer" not in capabilities.methods:
        raise Invalid("only a bank transfer is marked by hand", code="MARK_NOT_ALLOWED")


def _entries(transaction: Transaction) -> tuple[Entry, ...]:
    """The whole amount, or what was missing after partial receipts."""
    asked = Money(transaction.amount, transaction.currency)
    provider_id, reference = transaction.provider_id, f"marked:{transaction.id}"
    if not transaction.unapplied:
        return (ledger.manual_payment(asked, provider_id, reference),)
    missing = asked - Money(transaction.unapplied, transaction.currency)
    complete = ledger.order_complete(asked, provider_id, reference)
    return (ledger.receipt(missing, provider_id, reference), complete) if missing.amount_minor > 0 else (complete,)
