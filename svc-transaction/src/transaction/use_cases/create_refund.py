"""Creation of a refund: the amount is reserved first, the provider is asked afterwards."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict
from gateway_contracts.ids import new_operation_id
from gateway_contracts.limits import REFUNDS_MAX
from gateway_contracts.requests.refund import CreateRefund, RefundRecord
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from transaction.domain.amounts import minor_refund
from transaction.domain.records import ProviderOperation
from transaction.domain.refund import (
    Refund,
    RefundState,
    opening_entry,
    requested_amount,
    require_refundable,
)
from transaction.domain.states import Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.errors import refund_not_enabled, refund_not_found, too_many_refunds
from transaction.ports import Deps
from transaction.provider_operations.execute import execute_operations
from transaction.transitions.apply_transition import apply_transition
from transaction.transitions.intent import new_operation
from transaction.transitions.load import load_pair
from transaction.transitions.reversal_events import emit_refund_event
from transaction.views import refund_record


async def create_refund(request: CreateRefund, *, scope: Scope, operation_id: str | None, deps: Deps) -> RefundRecord:
    """Reserve, ask the provider, answer with what came of it. Idempotent on operation id and on the refund's id.

    Raises:
        NotFound: there is no such transaction in this organization and mode.
        Invalid: a rule on a field is broken.
        Conflict: ``REFUND_EXCEEDS_CAPTURED``, ``TRANSACTION_DISPUTED``, ``TRANSACTION_NOT_REFUNDABLE``,
            ``REFUND_NOT_ENABLED``, ``TOO_MANY_REFUNDS``.
    """
    known = await deps.refunds.get(None, scope, request.refund_id)
    if known is not None:
        return _answer(known, deps=deps)

    async def work(tx: Tx) -> tuple[ProviderOperation, ...]:
        return await _reserve(tx, request, scope, deps=deps)

    operation = Operation(operation_id or new_operation_id(), request.refund_id)
    try:
        operations = await deps.uow.run(work, operation=operation)
    except OperationReplayed as replay:
        known = await deps.refunds.get(None, scope, replay.entity_id)
        if known is None:
            raise Conflict("this operation id belongs to another request", code="OPERATION_CONFLICT") from replay
        return _answer(known, deps=deps)
    await execute_operations(operations, deps=deps)
    made = await deps.refunds.get(None, scope, request.refund_id)
    if made is None:
        raise refund_not_found()
    return _answer(made, deps=deps)


async def _reserve(tx: Tx, request: CreateRefund, scope: Scope, *, deps: Deps) -> tuple[ProviderOperation, ...]:
    transaction, checkout = await load_pair(tx, scope, request.transaction_id, deps=deps)
    request = minor_refund(request, transaction)
    amount = requested_amount(request.amount, request.lines, transaction)
    require_refundable(transaction, amount)
    if await deps.refunds.count_of(tx, scope, transaction.id, limit=REFUNDS_MAX) >= REFUNDS_MAX:
        raise too_many_refunds()
    capabilities = deps.providers.capabilities(transaction.provider_type)
    if capabilities is not None and capabilities.refunds == "none":
        raise refund_not_enabled()
    is_manual = capabilities is None or capabilities.refunds == "manual" or transaction.type == "manual"
    refund = _new_refund(tx, request, transaction, amount, manual=is_manual, deps=deps)
    deps.refunds.insert(tx, refund)
    transition = Transition(
        Trigger.REFUND_REQUESTED,
        "api",
        by_caller=True,
        amount=refund.money,
        note=f"{refund.id} {refund.money.decimal_text()} {refund.currency}",
        entries=(opening_entry(refund),),
        reference=f"refund:{refund.id}",
    )
    outcome = await apply_transition(tx, transition, transaction, checkout, deps=deps)
    emit_refund_event(tx, refund, outcome.transaction)
    if is_manual:
        return ()
    intent = new_operation(tx, transaction, "refund", deps, refund_id=refund.id)
    deps.operations.insert(tx, intent)
    return (intent,)


def _new_refund(
    tx: Tx, request: CreateRefund, transaction: Transaction, amount: int, *, manual: bool, deps: Deps
) -> Refund:
    organization_id = transaction.organization_id
    return Refund(
        id=request.refund_id,
        organization_id=organization_id,
        livemode=transaction.livemode,
        transaction_id=transaction.id,
        provider_id=transaction.provider_id,
        provider_type=transaction.provider_type,
        state=RefundState.REQUESTED,
        version=1,
        amount=amount,
        currency=transaction.currency,
        amount_format=transaction.amount_format,
        created_at=tx.now,
        updated_at=tx.now,
        manual=manual,
        provider_payment_id=transaction.provider_payment_id,
        reason=deps.cipher.seal(organization_id, "refunds", request.refund_id, "reason", request.reason.strip()),
        lines=request.lines,
        dispatch_ipn=request.dispatch_ipn,
    )


def _answer(refund: Refund, *, deps: Deps) -> RefundRecord:
    if refund.failure is not None and refund.failure.code == "REFUND_NOT_ENABLED":
        raise refund_not_enabled()
    return refund_record(refund, deps=deps)
