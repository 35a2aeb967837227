"""Cancellation of an attempt before money moved."""

from gateway_contracts.errors import Conflict
from gateway_providers.errors import NotCancelable
from transaction.domain.lifecycle import Circumstances, decide
from transaction.domain.states import Effect, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Source
from transaction.errors import not_cancelable
from transaction.ports import Deps
from transaction.provider_operations.cancel_attempts import store_cancel
from transaction.provider_operations.execute import execute_operation


async def cancel_transaction(transaction: Transaction, *, source: Source, deps: Deps) -> Transaction:
    """Cancel at the provider first, then here. Canceling a canceled one is fine.

    Raises:
        Conflict: it is paid, failed, or the provider does not let go (``TRANSACTION_NOT_CANCELABLE``).
        Transient, OutcomeUnknown: the provider did not answer; the intent is stored and executed later.
    """
    decision = decide(transaction.status, Trigger.CANCEL_REQUESTED, Circumstances(by_caller=True))
    if decision.effect is Effect.IGNORED:
        return transaction
    if decision.effect is Effect.CONFLICT:
        raise _refusal(transaction)
    operation = await store_cancel(transaction, Trigger.CANCEL_REQUESTED, deps=deps)
    try:
        outcome = await execute_operation(operation, source=source, by_caller=True, deps=deps)
    except NotCancelable as exc:
        raise not_cancelable("the provider is processing the payment") from exc
    after = outcome.transaction if outcome else transaction
    if after.status is not Status.CANCELED:
        raise _refusal(after)
    return after


def _refusal(transaction: Transaction) -> Conflict:
    return not_cancelable(f"it is {transaction.status.public}")
