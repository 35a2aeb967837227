"""Execution of stored operations, right after the commit or by the janitor after a crash."""

from collections.abc import Iterable
from typing import assert_never

from gateway_contracts.errors import ChangedMeanwhile, OutcomeUnknown, Rejected, Transient
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.telemetry import continued_span
from gateway_providers.errors import NotCancelable
from gateway_providers.ports import ProviderPayment
from gateway_providers.recording import recording
from transaction.domain.records import OperationState, ProviderOperation
from transaction.domain.states import PAID, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Source, Transition
from transaction.ports import Deps
from transaction.provider_operations.account import provider_of
from transaction.provider_operations.ask_provider import apply_payment, ask_provider
from transaction.provider_operations.keep_requests import close_operation
from transaction.provider_operations.make_refund import make_refund
from transaction.provider_operations.postpone import postpone
from transaction.provider_operations.refund_case import refund_case
from transaction.provider_operations.start_payment import start_payment
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.load import load_pair

log = get_logger(__name__)


async def execute_operations(
    operations: Iterable[ProviderOperation], *, deps: Deps, source: Source = "provider"
) -> None:
    """Execute operations that follow from a transition. One that fails stays stored for the janitor."""
    for operation in operations:
        with recording(operation.id):
            try:
                await execute_operation(operation, source=source, deps=deps)
            except (Transient, OutcomeUnknown, ChangedMeanwhile) as exc:
                await postpone(operation, exc, attempts=operation.attempts, deps=deps)


async def execute_operation(
    operation: ProviderOperation, *, source: Source, deps: Deps, by_caller: bool = False
) -> TransitionResult | None:
    """Execute one stored operation and store its outcome, with the operations that follow from it.

    Raises:
        NotCancelable: the provider is working on the payment and does not let go.
        Transient, OutcomeUnknown: no outcome yet; the operation stays stored.
    """
    transaction = await deps.transactions.get(None, operation.scope, operation.transaction_id)
    assert transaction is not None, "a call is stored together with its transaction"
    span = continued_span("transaction.call", transaction.traceparent, call=operation.kind)
    with span, recording(operation.id):
        return await _execute(operation, transaction, source=source, by_caller=by_caller, deps=deps)


async def _execute(
    operation: ProviderOperation, transaction: Transaction, *, source: Source, by_caller: bool, deps: Deps
) -> TransitionResult | None:
    outcome: TransitionResult | None
    match operation.kind:
        case "create":
            return await _settle_create(operation, source=source, deps=deps)
        case "ask":
            outcome = await ask_provider(transaction, source=source, deps=deps)
            await deps.uow.run(lambda tx: close_operation(tx, operation, "done", deps=deps))
        case "capture":
            outcome = await _capture(operation, transaction, source=source, deps=deps)
        case "refund":
            outcome = await make_refund(operation, transaction, source=source, deps=deps)
        case "refund_case":
            outcome = await refund_case(operation, source=source, deps=deps)
        case "cancel":
            outcome = await _cancel(operation, transaction, source=source, by_caller=by_caller, deps=deps)
        case "fee":
            raise ValueError("a fee is fetched by its own pass")
        case _:
            assert_never(operation.kind)
    if outcome is not None:
        await execute_operations(outcome.operations, deps=deps)
    return outcome


async def _settle_create(operation: ProviderOperation, *, source: Source, deps: Deps) -> TransitionResult | None:
    """Within the window the same key is safe; after it only the provider's own records tell."""
    transaction = await deps.transactions.get(None, operation.scope, operation.transaction_id)
    assert transaction is not None, "a call is stored together with its transaction"
    capabilities = deps.providers.capabilities(transaction.provider_type)
    window_s = capabilities.idempotency_window_s if capabilities else 0
    if (deps.clock.now() - operation.created_at).total_seconds() < window_s:
        outcome, _ = await start_payment(operation, source=source, patient=True, deps=deps)
        await execute_operations(outcome.operations, deps=deps)
        return outcome
    provider = await provider_of(transaction, deps=deps)
    payment = await deps.providers.find(provider, transaction.id)
    if payment is not None:
        return await _found(operation, transaction, payment, source=source, deps=deps)
    never_made = Transition(Trigger.NO_SUCH_PAYMENT, source, key_window_over=True)
    return await _finish(operation, "done", never_made, deps=deps)


async def _found(
    operation: ProviderOperation, transaction: Transaction, payment: ProviderPayment, *, source: Source, deps: Deps
) -> TransitionResult | None:
    accepted = Transition(
        Trigger.CALL_ACCEPTED,
        source,
        provider_payment_id=payment.provider_payment_id,
        provider_status=payment.provider_status,
    )
    outcome = await _finish(operation, "done", accepted, deps=deps)
    later = await apply_payment(transaction, payment, source=source, deps=deps)
    return later or outcome


async def _capture(
    operation: ProviderOperation, transaction: Transaction, *, source: Source, deps: Deps
) -> TransitionResult | None:
    """Take money that is only authorized. What the provider says afterwards counts, also where it refuses."""
    if transaction.provider_payment_id is None or transaction.status in PAID:
        await deps.uow.run(lambda tx: close_operation(tx, operation, "done", deps=deps))
        return None
    provider = await provider_of(transaction, deps=deps)
    try:
        payment = await deps.providers.capture(provider, transaction.provider_payment_id, operation.id)
    except Rejected as exc:
        log.warning("provider.capture_refused", transaction_id=transaction.id, code=exc.code)
        await deps.uow.run(lambda tx: close_operation(tx, operation, "refused", deps=deps))
        return await ask_provider(transaction, source=source, deps=deps)
    await deps.uow.run(lambda tx: close_operation(tx, operation, "done", deps=deps))
    return await apply_payment(transaction, payment, source=source, deps=deps)


async def _cancel(
    operation: ProviderOperation, transaction: Transaction, *, source: Source, by_caller: bool, deps: Deps
) -> TransitionResult | None:
    """Give a payment up. "Already paid" is an answer, and it wins."""
    transaction = await _with_payment(transaction, deps=deps)
    if transaction.provider_payment_id is None:
        # The provider never made one: nothing holds the transaction.
        return await _released(operation, None, source=source, by_caller=by_caller, deps=deps)
    provider = await provider_of(transaction, deps=deps)
    try:
        payment = await deps.providers.cancel(provider, transaction.provider_payment_id, operation.id)
    except NotCancelable:
        await deps.uow.run(lambda tx: close_operation(tx, operation, "refused", deps=deps))
        if by_caller:
            raise
        return await ask_provider(transaction, source=source, deps=deps)
    except Rejected as exc:
        log.warning("provider.cancel_refused", transaction_id=transaction.id, code=exc.code)
        await deps.uow.run(lambda tx: close_operation(tx, operation, "refused", deps=deps))
        return await ask_provider(transaction, source=source, deps=deps)
    if payment.state == "canceled":  # any other state is what the provider says the payment is now
        return await _released(operation, payment, source=source, by_caller=by_caller, deps=deps)
    await deps.uow.run(lambda tx: close_operation(tx, operation, "done", deps=deps))
    return await apply_payment(transaction, payment, source=source, deps=deps)


async def _with_payment(transaction: Transaction, *, deps: Deps) -> Transaction:
    """A create call without an outcome may have made a payment: find that out first."""
    if transaction.provider_payment_id is not None:
        return transaction
    creation = await deps.operations.creation_of(transaction.scope, transaction.id)
    if creation is None:
        return transaction
    if creation.state not in ("intent", "unknown"):
        # It may have ended after we read: the transaction names its payment now.
        return await deps.transactions.get(None, transaction.scope, transaction.id) or transaction
    outcome = await _settle_create(creation, source="janitor", deps=deps)
    return outcome.transaction if outcome else transaction


async def _released(
    operation: ProviderOperation, payment: ProviderPayment | None, *, source: Source, by_caller: bool, deps: Deps
) -> TransitionResult | None:
    status = payment.provider_status if payment else None
    if operation.trigger is None:
        # The transaction has ended before; only the provider's word is new.
        transition = Transition(Trigger.UNKNOWN_FACT, source, label="voided", provider_status=status)
    else:
        # A caller asked for a cancellation, now or earlier. If it is too late, that is a conflict, not a case.
        transition = Transition(
            operation.trigger,
            source,
            by_caller=by_caller or operation.trigger is Trigger.CANCEL_REQUESTED,
            canceled_by=operation.canceled_by,
            provider_status=status,
        )
    return await _finish(operation, "done", transition, deps=deps)


async def _finish(
    operation: ProviderOperation, state: OperationState, transition: Transition, *, deps: Deps
) -> TransitionResult:
    async def work(tx: Tx) -> TransitionResult:
        transaction, checkout = await load_pair(tx, operation.scope, operation.transaction_id, deps=deps)
        await close_operation(tx, operation, state, deps=deps)
        return await apply_transition(tx, transition, transaction, checkout, deps=deps)

    return await deps.uow.run(work)
