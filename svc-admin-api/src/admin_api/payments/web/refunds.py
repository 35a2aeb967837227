"""Refunds: money that goes back."""

from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.payments.web.schemas.reversals import RefundIn, RefundListView, SettleRefundIn
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.use_cases.note_action import note_action
from admin_api.shared.web.answers import RecordAnswer
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Unreadable
from gateway_contracts.requests.refund import (
    CREATE_REFUND,
    GET_REFUND,
    LIST_REFUNDS,
    SETTLE_REFUND,
    RefundRecord,
    RefundRef,
    RefundsOf,
    SettleRefund,
)

router = new_router(tags=["refunds"])
TransactionId = Annotated[str, Depends(known_id("transaction"))]
RefundId = Annotated[str, Depends(known_id("refund"))]
Reader = Annotated[Actor, Depends(requires("transaction:read"))]
Executor = Annotated[Actor, Depends(requires("transaction:execute", effect=Effect.OWN_MODE))]


@router.post("/transactions/{transaction_id}/refunds", status_code=201, response_model=RefundRecord)
async def create(transaction_id: TransactionId, body: RefundIn, actor: Executor, mutation: MutationIn) -> Response:
    """Give money back, in part or all that is left. Needs an `Idempotency-Key`.

    The amount is reserved before the provider is asked: refunds never come to more than was captured
    (`REFUND_EXCEEDS_CAPTURED`). While the customer contests the payment there is none (`TRANSACTION_DISPUTED`).
    """
    if mutation.key is None:
        raise Unreadable("send an Idempotency-Key with every refund", code="IDEMPOTENCY_KEY_REQUIRED")

    async def execute(attempt: Attempt) -> RecordAnswer:
        deps, wish = mutation.deps, body.command(attempt.object_id, transaction_id)
        record = await deps.rpc.call(CREATE_REFUND, wish, actor=actor, operation_id=attempt.operation_id)
        await note_action(actor, "transaction.refund", transaction_id, attempt=attempt, tenancy=deps.tenancy)
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute)


@router.get("/transactions/{transaction_id}/refunds", response_model=RefundListView)
async def list_refunds(transaction_id: TransactionId, actor: Reader, deps: DepsIn) -> RefundListView:
    """All refunds of a transaction, the oldest first."""
    answer = await deps.rpc.call(LIST_REFUNDS, RefundsOf(transaction_id=transaction_id), actor=actor)
    return RefundListView(refunds=list(answer.refunds))


@router.get("/transactions/{transaction_id}/refunds/{refund_id}", response_model=RefundRecord)
async def read(transaction_id: TransactionId, refund_id: RefundId, actor: Reader, deps: DepsIn) -> RefundRecord:
    """One refund."""
    return await deps.rpc.call(GET_REFUND, RefundRef(transaction_id=transaction_id, refund_id=refund_id), actor=actor)


@router.post("/transactions/{transaction_id}/refunds/{refund_id}/settle", response_model=RefundRecord)
async def settle(
    transaction_id: TransactionId, refund_id: RefundId, body: SettleRefundIn, actor: Executor, mutation: MutationIn
) -> Response:
    """Say what became of a refund that is paid by hand (`manual`), as those of bank transfers are."""

    async def execute(attempt: Attempt) -> RecordAnswer:
        deps = mutation.deps
        wish = SettleRefund(
            transaction_id=transaction_id,
            refund_id=refund_id,
            outcome=body.outcome,
            dispatch_ipn=body.dispatch_ipn,
        )
        record = await deps.rpc.call(SETTLE_REFUND, wish, actor=actor, operation_id=attempt.operation_id)
        await note_action(actor, "transaction.settle_refund", transaction_id, attempt=attempt, tenancy=deps.tenancy)
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute, status=200)
