"""Operators: people who run the installation."""

from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, PageIn, known_id, of_system
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.people.use_cases.change_member import remove_member
from admin_api.people.use_cases.end_member_sessions import end_member_sessions
from admin_api.people.use_cases.invite_member import Invitation, invite_member
from admin_api.people.web.members import existing_member, invitation_page, invited, member_list
from admin_api.people.web.schemas.members import InvitationView, MemberListView, MemberView, OperatorIn
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.domain.roles import INSTALLATION
from gateway_contracts.actor import Actor

router = new_router(prefix="/system", tags=["installation"])
MemberId = Annotated[str, Depends(known_id("member"))]
Reader = Annotated[Actor, Depends(of_system("system:read"))]
Executor = Annotated[Actor, Depends(of_system("system:execute"))]


@router.get("/operators", response_model=MemberListView)
async def list_operators(_actor: Reader, deps: DepsIn, request: PageIn) -> MemberListView:
    """Operators of the installation, newest first."""
    return await member_list(INSTALLATION, request, deps.tenancy)


@router.get("/operators/{member_id}", response_model=MemberView)
async def read_operator(member_id: MemberId, _actor: Reader, deps: DepsIn) -> MemberView:
    """One operator."""
    return await existing_member(INSTALLATION, member_id, deps.tenancy)


@router.post("/operators", status_code=201, response_model=InvitationView)
async def invite_operator(body: OperatorIn, actor: Executor, mutation: MutationIn) -> Response:
    """Invite an operator. This answer holds the token that accepts the invitation.

    The person gets a mail with the link, where the installation has a mail server.
    """

    async def execute(attempt: Attempt) -> InvitationView:
        invitation = Invitation(organization_id=INSTALLATION, email=body.email, role="global", name=body.name)
        tenancy = mutation.deps.tenancy
        page = invitation_page(mutation.deps)
        made = await invite_member(invitation, actor=actor, attempt=attempt, page=page, tenancy=tenancy)
        return await invited(*made, tenancy=tenancy)

    return await mutation.run(actor, execute, has_secret=True)


@router.delete("/operators/{member_id}", status_code=204)
async def remove_operator(member_id: MemberId, actor: Executor, deps: DepsIn) -> Response:
    """Remove an operator or revoke an invitation. The last operator cannot be removed."""
    await remove_member(INSTALLATION, member_id, actor=actor, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.delete("/operators/{member_id}/sessions", status_code=204)
async def end_operator_sessions(member_id: MemberId, actor: Executor, deps: DepsIn) -> Response:
    """End all sessions of an operator: the next request needs a new sign-in."""
    await end_member_sessions(INSTALLATION, member_id, actor=actor, access=deps.sessions)
    return Response(status_code=204)
