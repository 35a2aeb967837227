"""Dead letters of all organizations, for operators."""

from typing import Annotated

from fastapi import Depends, Path, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import of_system
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.operations.use_cases.list_dead_letters import LetterFilter, list_dead_letters
from admin_api.operations.use_cases.redrive_dead_letters import redrive_dead_letter, redrive_dead_letters
from admin_api.operations.web.operations import OperationsIn, Reader
from admin_api.operations.web.schemas.dead_letters import (
    BulkRedrivenView,
    DeadLetterDetailView,
    DeadLetterListView,
    DeadLetterView,
    RedriveIn,
    RedrivenView,
    Worker,
)
from admin_api.shared.domain.idempotency import Attempt
from gateway_contracts.actor import Actor
from gateway_contracts.limits import PAGE_LIMIT_DEFAULT, SHORT_CHARACTERS_MAX
from gateway_contracts.list_filters import IdFilter, PageLimit

router = new_router(prefix="/operations/dead-letters", tags=["operations"])
Executor = Annotated[Actor, Depends(of_system("system:execute"))]
Number = Annotated[int, Path(ge=1, le=2**53, description="Number of the dead letter.")]


@router.get("", response_model=DeadLetterListView)
async def list_(
    _actor: Reader,
    operations: OperationsIn,
    *,
    worker: Annotated[Worker | None, Query(description="Only letters of this consumer or service.")] = None,
    organization_id: Annotated[
        IdFilter | None, Query(alias="organizationId", description="Only letters of this organization.")
    ] = None,
    reason: Annotated[
        str | None, Query(max_length=SHORT_CHARACTERS_MAX, description="Only letters with this reason.")
    ] = None,
    after: Annotated[int, Query(ge=0, le=2**53, description="`nextAfter` of the previous page.")] = 0,
    limit: Annotated[PageLimit, Query()] = PAGE_LIMIT_DEFAULT,
) -> DeadLetterListView:
    """Messages and rows that could not be processed, oldest first."""
    wanted = LetterFilter(worker, organization_id, reason)
    page = await list_dead_letters(wanted, after=after, limit=limit, letters=operations.letters)
    return DeadLetterListView(
        dead_letters=[DeadLetterView.of(letter) for letter in page.letters], next_after=page.following
    )


@router.get("/{number}", response_model=DeadLetterDetailView)
async def read(number: Number, _actor: Reader, operations: OperationsIn) -> DeadLetterDetailView:
    """One dead letter with the original message. Personal data in it are encrypted."""
    return DeadLetterDetailView.of(await operations.letters.get(number))


@router.post("/redrive", response_model=BulkRedrivenView)
async def redrive_many(body: RedriveIn, actor: Executor, operations: OperationsIn, mutation: MutationIn) -> Response:
    """Process the oldest dead letters of a filter again, or of all: at most 100 per request.

    Only the consumer that gave a message up gets it again, from its stream; for a row its service is asked. Both have
    to run. What fails again is a new letter. Each letter is an entry of the installation's audit log.
    """

    async def execute(_attempt: Attempt) -> BulkRedrivenView:
        done = await redrive_dead_letters(
            body.filter(), actor=actor, letters=operations.letters, shared=mutation.deps.tenancy
        )
        return BulkRedrivenView.of(done)

    return await mutation.run(actor, execute, status=200)


@router.post("/{number}/redrive", response_model=RedrivenView)
async def redrive(number: Number, actor: Executor, operations: OperationsIn, mutation: MutationIn) -> Response:
    """Process one dead letter again and remove it."""

    async def execute(_attempt: Attempt) -> RedrivenView:
        done = await redrive_dead_letter(number, actor=actor, letters=operations.letters, shared=mutation.deps.tenancy)
        return RedrivenView.of(done)

    return await mutation.run(actor, execute, status=200)
