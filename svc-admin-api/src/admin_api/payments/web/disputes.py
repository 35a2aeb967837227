"""Disputes of payments, and customers who are on hold because of one."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.payments.web.schemas.reversals import ChargebackListView, ChargebackPatch, HoldListView
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.use_cases.note_action import note_action
from admin_api.shared.web.answers import RecordAnswer
from gateway_contracts.actor import Actor
from gateway_contracts.requests.dispute import (
    LIST_DISPUTES,
    LIST_HOLDS,
    RELEASE_HOLD,
    UPDATE_DISPUTE,
    DisputeRecord,
    DisputesOf,
    HoldQuery,
    HoldRecord,
    HoldRef,
    UpdateDispute,
)

router = new_router(tags=["disputes"])
TransactionId = Annotated[str, Depends(known_id("transaction"))]
ChargebackId = Annotated[str, Depends(known_id("chargeback"))]
HoldId = Annotated[str, Depends(known_id("hold"))]
Reader = Annotated[Actor, Depends(requires("transaction:read"))]
Executor = Annotated[Actor, Depends(requires("transaction:execute", effect=Effect.OWN_MODE))]


@router.get("/transactions/{transaction_id}/chargebacks", response_model=ChargebackListView)
async def list_chargebacks(transaction_id: TransactionId, actor: Reader, deps: DepsIn) -> ChargebackListView:
    """All disputes of a transaction, the oldest first."""
    answer = await deps.rpc.call(LIST_DISPUTES, DisputesOf(transaction_id=transaction_id), actor=actor)
    return ChargebackListView(chargebacks=list(answer.disputes))


@router.patch("/transactions/{transaction_id}/chargeback/{chargeback_id}", response_model=DisputeRecord)
async def update(
    transaction_id: TransactionId,
    chargeback_id: ChargebackId,
    body: ChargebackPatch,
    actor: Executor,
    mutation: MutationIn,
) -> Response:
    """Say where a dispute stands. Books and holds follow; your server is notified only with `dispatchIpn`."""

    async def execute(attempt: Attempt) -> RecordAnswer:
        deps = mutation.deps
        wish = UpdateDispute(
            transaction_id=transaction_id,
            dispute_id=chargeback_id,
            status=body.status,
            dispatch_ipn=body.dispatch_ipn,
        )
        record = await deps.rpc.call(UPDATE_DISPUTE, wish, actor=actor, operation_id=attempt.operation_id)
        await note_action(actor, "transaction.update_chargeback", transaction_id, attempt=attempt, tenancy=deps.tenancy)
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute, status=200)


@router.get("/customer-holds", response_model=HoldListView)
async def list_holds(
    actor: Reader,
    deps: DepsIn,
    email: Annotated[str | None, Query(max_length=254, description="Of this customer.")] = None,
    with_released: Annotated[bool, Query(alias="withReleased", description="Also those that ended.")] = False,
) -> HoldListView:
    """Customers who may not buy, or not with every provider, after a dispute that was lost or accepted."""
    answer = await deps.rpc.call(LIST_HOLDS, HoldQuery(email=email, with_released=with_released), actor=actor)
    return HoldListView(holds=list(answer.holds))


@router.post("/customer-holds/{hold_id}/release", response_model=HoldRecord)
async def release_hold(hold_id: HoldId, actor: Executor, mutation: MutationIn) -> Response:
    """Trust this customer again."""

    async def execute(attempt: Attempt) -> RecordAnswer:
        deps = mutation.deps
        record = await deps.rpc.call(
            RELEASE_HOLD, HoldRef(hold_id=hold_id), actor=actor, operation_id=attempt.operation_id
        )
        await note_action(actor, "customer_hold.release", hold_id, attempt=attempt, tenancy=deps.tenancy)
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute, status=200)
