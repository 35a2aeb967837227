"""Cases: money and provider events that wait for a person."""

from typing import Annotated, Literal

from fastapi import Depends
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.mutation import Mutation, MutationIn
from admin_api.edge.routing import new_router
from admin_api.payments.web.filters import CaseQueryIn
from admin_api.payments.web.schemas.payments import CaseListView
from admin_api.payments.web.schemas.reversals import ResolveCaseIn
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.use_cases.note_action import note_action
from admin_api.shared.web.answers import RecordAnswer
from gateway_contracts.actor import Actor
from gateway_contracts.requests.case import LIST_CASES, CaseRecord
from gateway_contracts.requests.operation import RESOLVE_CASE, ResolveCase

router = new_router(tags=["cases"])
CaseId = Annotated[str, Depends(known_id("case"))]
Executor = Annotated[Actor, Depends(requires("transaction:execute", effect=Effect.OWN_MODE))]
Resolution = Literal["accept", "refund", "dismiss"]


@router.get("/cases", response_model=CaseListView)
async def list_cases(actor: Executor, deps: DepsIn, query: CaseQueryIn) -> CaseListView:
    """Cases of this key's mode, newest first; ``status=open`` for those still waiting."""
    page = await deps.rpc.call(LIST_CASES, query, actor=actor)
    return CaseListView(
        cases=list(page.cases),
        total=page.total,
        total_capped=page.total_capped,
        page=page.page,
        limit=page.limit,
        next_cursor=page.next_cursor,
    )


@router.post("/cases/{case_id}/accept", response_model=CaseRecord)
async def accept(case_id: CaseId, body: ResolveCaseIn, actor: Executor, mutation: MutationIn) -> Response:
    """The money that is held becomes the sale: the transaction succeeds. A `refund_missing` was paid after all."""
    return await _resolve(case_id, "accept", body, actor, mutation)


@router.post("/cases/{case_id}/refund", response_model=CaseRecord)
async def refund(case_id: CaseId, body: ResolveCaseIn, actor: Executor, mutation: MutationIn) -> Response:
    """The money that is held goes back; `refundId` names the refund."""
    return await _resolve(case_id, "refund", body, actor, mutation)


@router.post("/cases/{case_id}/dismiss", response_model=CaseRecord)
async def dismiss(case_id: CaseId, body: ResolveCaseIn, actor: Executor, mutation: MutationIn) -> Response:
    """Nothing is to be done; only where no money is held. A `refund_missing` was not paid: its amount is free."""
    return await _resolve(case_id, "dismiss", body, actor, mutation)


async def _resolve(
    case_id: str, resolution: Resolution, body: ResolveCaseIn, actor: Actor, mutation: Mutation
) -> Response:
    async def execute(attempt: Attempt) -> RecordAnswer:
        deps = mutation.deps
        wish = ResolveCase(
            case_id=case_id, resolution=resolution, refund_id=attempt.object_id, dispatch_ipn=body.dispatch_ipn
        )
        record = await deps.rpc.call(RESOLVE_CASE, wish, actor=actor, operation_id=attempt.operation_id)
        await note_action(actor, f"case.{resolution}", case_id, attempt=attempt, tenancy=deps.tenancy)
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute, status=200)
