"""Cases: money and provider events that wait for a person."""

from typing import Annotated

from fastapi import Depends, Query

from admin_api.edge.dependencies import known_id
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.payments.web.filters import CaseListIn
from admin_api.payments.web.schemas.payments import CaseListView
from admin_api.payments.web.schemas.reversals import ResolveCaseIn
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from gateway_contracts.requests.case import LIST_CASES, CaseQuery
from gateway_contracts.requests.operation import RESOLVE_CASE, Resolution, ResolveCase

router = new_router(tags=["cases"])
CaseId = Annotated[str, Depends(known_id("case"))]


@forwarded(
    router,
    "GET",
    "/cases",
    LIST_CASES,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    answer=CaseListView,
)
def list_cases(query: Annotated[CaseListIn, Query()]) -> CaseQuery:
    """Cases of this key's mode, newest first. ``status=open`` lists those without a decision."""
    return query.to(CaseQuery)


@forwarded(
    router,
    "POST",
    "/cases/{case_id}/accept",
    RESOLVE_CASE,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="case.accept",
)
def accept(case_id: CaseId, body: ResolveCaseIn, attempt: Attempt) -> ResolveCase:
    """Apply the held money: the transaction succeeds. For `refund_missing`: record the refund as paid."""
    return _decision("accept", case_id, body, attempt)


@forwarded(
    router,
    "POST",
    "/cases/{case_id}/refund",
    RESOLVE_CASE,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="case.refund",
)
def refund(case_id: CaseId, body: ResolveCaseIn, attempt: Attempt) -> ResolveCase:
    """Refund the held money; `refundId` names the refund."""
    return _decision("refund", case_id, body, attempt)


@forwarded(
    router,
    "POST",
    "/cases/{case_id}/dismiss",
    RESOLVE_CASE,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="case.dismiss",
)
def dismiss(case_id: CaseId, body: ResolveCaseIn, attempt: Attempt) -> ResolveCase:
    """Close the case without an action; only where no money is held.

    For `refund_missing`: record the refund as not paid, so that its amount can be refunded again."""
    return _decision("dismiss", case_id, body, attempt)


def _decision(resolution: Resolution, case_id: str, body: ResolveCaseIn, attempt: Attempt) -> ResolveCase:
    return ResolveCase(
        case_id=case_id, resolution=resolution, refund_id=attempt.object_id, dispatch_ipn=body.dispatch_ipn
    )
