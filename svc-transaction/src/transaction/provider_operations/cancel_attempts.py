"""Cancellation of attempts at the provider: one of them, or all that a new attempt replaces."""

from typing import Literal, assert_never

from gateway_contracts.errors import ChangedMeanwhile, Conflict, OutcomeUnknown, Transient
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.records import ProviderOperation
from transaction.domain.states import Status, Trigger
from transaction.domain.transaction import CanceledBy, Transaction
from transaction.errors import already_pending
from transaction.ports import Deps
from transaction.provider_operations.execute import execute_operation
from transaction.transitions.intent import new_operation


async def cancel_open_attempts(checkout: Checkout, *, deps: Deps) -> None:
    """Cancel what is open, at the provider first.

    Raises:
        Conflict: one of them was paid (``CHECKOUT_COMPLETED``), money of one has arrived, or the customer is committed
            to one that the provider does not let go (``CHECKOUT_ALREADY_PENDING``).
    """
    for attempt in await deps.transactions.of_checkout(None, checkout.scope, checkout.id):
        if attempt.status is Status.UNKNOWN and not attempt.committed:
            # Its customer never got anything to pay with; the janitor finds out its outcome.
            continue
        if attempt.is_open and attempt.holds_money:
            # The whole amount once more would be too much; the rest can only follow the first part.
            raise already_pending()
        if attempt.is_open:
            await _release(attempt, deps=deps)


async def _release(attempt: Transaction, *, deps: Deps) -> None:
    operation = await store_cancel(attempt, Trigger.CANCEL_REQUESTED, deps=deps)
    try:
        outcome = await execute_operation(operation, source="customer", by_caller=True, deps=deps)
    except (Transient, OutcomeUnknown, ChangedMeanwhile) as exc:
        if attempt.committed:
            raise already_pending() from exc
        return  # stored, and made again by the janitor; a second success would open a case
    except Conflict as exc:
        raise already_pending() from exc
    if outcome is not None and outcome.transaction.status is Status.SUCCEEDED:
        raise Conflict("this checkout is completed", code="CHECKOUT_COMPLETED")
    if outcome is None or outcome.transaction.is_open:
        raise already_pending()


CancelTrigger = Literal[Trigger.CANCEL_REQUESTED, Trigger.SESSION_EXPIRED, Trigger.DEADLINE_PASSED]


async def store_cancel(transaction: Transaction, trigger: CancelTrigger, *, deps: Deps) -> ProviderOperation:
    """The intent to cancel a payment, stored before the provider is asked."""

    async def work(tx: Tx) -> ProviderOperation:
        operation = new_operation(tx, transaction, "cancel", deps, trigger=trigger, canceled_by=_canceled_by(trigger))
        deps.operations.insert(tx, operation)
        return operation

    return await deps.uow.run(work)


def _canceled_by(trigger: CancelTrigger) -> CanceledBy:
    match trigger:
        case Trigger.CANCEL_REQUESTED:
            return "person"
        case Trigger.SESSION_EXPIRED | Trigger.DEADLINE_PASSED:
            return "expiry"
        case _:
            assert_never(trigger)
