"""Cases: money and provider events that wait for a person."""

from typing import Annotated

from fastapi import APIRouter, Depends

from admin_api.web.dependencies import DepsIn, requires
from admin_api.web.filters import ListQueryIn
from admin_api.web.schemas.payments import CaseListView
from gateway_contracts.actor import Actor
from gateway_contracts.requests.transaction import LIST_CASES

router = APIRouter(tags=["cases"])


@router.get("/cases", response_model=CaseListView)
async def list_cases(
    actor: Annotated[Actor, Depends(requires("transaction:execute"))], deps: DepsIn, query: ListQueryIn
) -> CaseListView:
    """Cases of this key's mode, newest first; ``status=open`` for those still waiting."""
    page = await deps.rpc.call(LIST_CASES, query, actor=actor)
    return CaseListView(cases=list(page.cases), total=page.total, page=page.page, limit=page.limit)
