"""The stored call that asks a provider for a refund, and its outcome."""

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import OutcomeUnknown, Rejected, Transient
from gateway_contracts.money import Money
from gateway_contracts.requests.transaction import Failure
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_providers.ports import ProviderRefund, RefundRequest
from transaction.domain.records import OperationState, ProviderOperation
from transaction.domain.refund import UNDECIDED, Refund, RefundState, RefundUpdate
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Source
from transaction.errors import refund_not_found
from transaction.ports import Deps
from transaction.provider_operations.account import provider_of
from transaction.provider_operations.keep_requests import close_operation, postpone_operation
from transaction.provider_operations.miss_refund import UNDECIDED_THERE, RefundNotShown, give_up, look_again
from transaction.provider_operations.schedule import next_attempt
from transaction.transitions.apply_transition import TransitionResult
from transaction.transitions.settle_refund import EventSource, settle_refund

log = get_logger(__name__)

_REFUSED = "The payment provider refused the refund."
_NEVER_MADE = Failure(code="REFUND_NEVER_MADE", message="The payment provider knows no such refund.")


async def make_refund(
    operation: ProviderOperation, transaction: Transaction, *, source: Source, deps: Deps
) -> TransitionResult | None:
    """Ask for the refund (the call's id is the idempotency key) and store what came of it.

    A refund that only waits is looked at again until it is decided; a repeat looks for it first.

    Raises:
        Transient, OutcomeUnknown: no outcome yet; the call stays stored.
    """
    refund = await deps.refunds.get(None, operation.scope, operation.refund_id or "")
    if refund is None or refund.state not in UNDECIDED:
        await deps.uow.run(lambda tx: close_operation(tx, operation, "done", deps=deps))
        return None
    try:
        answer = await _ask(operation, refund, transaction, deps=deps)
    except RefundNotShown:
        await look_again(operation, deps=deps)
        return None
    except OutcomeUnknown:
        await _store(operation, RefundUpdate(RefundState.UNKNOWN), source=source, deps=deps)
        raise
    except Rejected as exc:
        log.info("provider.refund_refused", refund_id=refund.id, code=exc.code)
        failure = Failure(code=exc.code, message=_REFUSED, provider_code=exc.data.get("providerCode"))
        return await _store(operation, RefundUpdate(RefundState.FAILED, failure=failure), source=source, deps=deps)
    if answer is None:
        return await _store(operation, RefundUpdate(RefundState.FAILED, failure=_NEVER_MADE), source=source, deps=deps)
    update = RefundUpdate(
        _state(answer),
        provider_refund_id=answer.provider_refund_id,
        provider_status=answer.provider_status,
        failure=answer.failure,
        amount=answer.amount,
    )
    outcome = await _store(operation, update, source=source, deps=deps)
    if update.state in UNDECIDED:
        await _wait(operation, deps=deps)
    return outcome


async def _ask(
    operation: ProviderOperation, refund: Refund, transaction: Transaction, *, deps: Deps
) -> ProviderRefund | None:
    """Within the window the same key is safe; after it only the provider's own records tell."""
    provider = await provider_of(transaction, deps=deps)
    request = _request(refund, transaction)
    if operation.attempts or operation.missed or refund.state is not RefundState.REQUESTED:
        found = await _find(provider, request, deps=deps)
        if found is not None:
            return found
        if refund.provider_refund_id is not None:
            raise RefundNotShown("the provider does not show the refund that it made", code="PROVIDER_REFUND_HIDDEN")
        capabilities = deps.providers.capabilities(transaction.provider_type)
        window_s = capabilities.idempotency_window_s if capabilities else 0
        if (deps.clock.now() - operation.created_at).total_seconds() >= window_s:
            return None
    return await deps.providers.refund(provider, request, operation.id)


async def _find(provider: ProviderConfig, request: RefundRequest, *, deps: Deps) -> ProviderRefund | None:
    """A provider that refuses to look has not refused the refund."""
    try:
        return await deps.providers.find_refund(provider, request)
    except Rejected as exc:
        if request.provider_refund_id is not None:
            raise RefundNotShown(
                f"the provider does not answer the query: {exc.message}", code="PROVIDER_REFUND_HIDDEN"
            ) from exc
        raise Transient(
            f"the provider does not answer the query: {exc.message}", code="PROVIDER_REFUND_HIDDEN"
        ) from exc


def _request(refund: Refund, transaction: Transaction) -> RefundRequest:
    total = transaction.refunds_accepted if refund.funds == "sale" else refund.amount
    return RefundRequest(
        refund_id=refund.id,
        transaction_id=transaction.id,
        organization_id=transaction.organization_id,
        provider_payment_id=refund.provider_payment_id or transaction.provider_payment_id or "",
        amount=refund.money,
        total_refunded=Money(total, refund.currency),
        provider_refund_id=refund.provider_refund_id,
    )


def _state(answer: ProviderRefund) -> RefundState:
    """A word of the provider that we do not know decides nothing."""
    return RefundState.PENDING if answer.state == "unknown" else RefundState(answer.state)


async def _store(
    operation: ProviderOperation, update: RefundUpdate, *, source: Source, deps: Deps
) -> TransitionResult | None:
    async def work(tx: Tx) -> TransitionResult | None:
        refund = await deps.refunds.get(tx, operation.scope, operation.refund_id or "")
        if refund is None:
            raise refund_not_found()
        if update.state not in UNDECIDED:
            state: OperationState = "done" if update.state is RefundState.SUCCEEDED else "refused"
            await close_operation(tx, operation, state, deps=deps)
        event_source = EventSource(source, dispatch_ipn=refund.dispatch_ipn)
        return await settle_refund(tx, refund, update, event_source, deps=deps)

    return await deps.uow.run(work)


async def _wait(operation: ProviderOperation, *, deps: Deps) -> None:
    due_at = next_attempt(operation.attempts, deps=deps)
    if due_at is None:
        log.error("janitor.refund_given_up", refund_id=operation.refund_id, transaction_id=operation.transaction_id)
        await give_up(operation, UNDECIDED_THERE, deps=deps)
    else:
        await deps.uow.run(lambda tx: postpone_operation(tx, operation, due_at, deps=deps))
