"""Explanations: why a payment stands as it does."""

from typing import Annotated

from fastapi import Depends

from admin_api.edge.dependencies import DepsIn, requires
from admin_api.edge.routing import new_router
from admin_api.explanations.use_cases.explain import explain
from admin_api.explanations.web.schemas.explanations import ExplanationView, SubjectId
from gateway_contracts.actor import Actor

router = new_router(tags=["explanations"])
Reader = Annotated[Actor, Depends(requires("transaction:read"))]


@router.get("/explanations/{subject_id}", response_model=ExplanationView)
async def read(subject_id: SubjectId, actor: Reader, deps: DepsIn) -> ExplanationView:
    """Why a payment stands as it does: everything that happened to its order, as a tree of causes.

    Payments are explained for as long as they are stored, and found by their parts, their trace, and webhooks that are
    not applied. An event is found for 30 days. The events of a request or of an applied webhook are found among the
    latest of the installation.
    """
    return ExplanationView.of(await explain(subject_id, actor=actor, rpc=deps.rpc, events=deps.events))
