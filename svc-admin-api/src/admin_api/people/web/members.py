"""Members of an organization."""

from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from admin_api.edge.dependencies import Deps, DepsIn, PageIn, known_id, of_organization
from admin_api.edge.mutation import MutationIn
from admin_api.edge.routing import new_router
from admin_api.people.domain.member import Member
from admin_api.people.ports import People
from admin_api.people.use_cases.change_member import change_member_role, remove_member
from admin_api.people.use_cases.end_member_sessions import end_member_sessions
from admin_api.people.use_cases.invite_member import Invitation, invite_member, renew_invitation
from admin_api.people.web.schemas.members import (
    InvitationView,
    MemberIn,
    MemberListView,
    MemberPatch,
    MemberView,
    member_view,
)
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.domain.roles import scope_of
from admin_api.shared.errors import not_found
from gateway_contracts.actor import Actor

router = new_router(prefix="/organizations/{organization_id}/members", tags=["members"])
MemberId = Annotated[str, Depends(known_id("member"))]
Manager = Annotated[Actor, Depends(of_organization("organization:update", role="admin", effect=Effect.BOTH_MODES))]
RoleFilter = Annotated[
    str | None, Query(max_length=7, pattern="^(viewer|support|admin)$", description="Only members with this role.")
]


@router.get("", response_model=MemberListView)
async def list_members(
    organization_id: str, _actor: Manager, deps: DepsIn, request: PageIn, role: RoleFilter = None
) -> MemberListView:
    """The organization's members, including invited ones, newest first."""
    return await member_list(organization_id, request, deps.tenancy, role=role)


@router.get("/{member_id}", response_model=MemberView)
async def read(organization_id: str, member_id: MemberId, _actor: Manager, deps: DepsIn) -> MemberView:
    """One member."""
    return await existing_member(organization_id, member_id, deps.tenancy)


@router.post("", status_code=201, response_model=InvitationView)
async def invite(organization_id: str, body: MemberIn, actor: Manager, mutation: MutationIn) -> Response:
    """Invite a member. This answer holds the token that accepts the invitation.

    The person gets a mail with the link, where mail can be sent.
    """

    async def execute(attempt: Attempt) -> InvitationView:
        invitation = Invitation(organization_id=organization_id, email=body.email, role=body.role, name=body.name)
        tenancy = mutation.deps.tenancy
        return await invited(
            *await invite_member(
                invitation, actor=actor, attempt=attempt, page=invitation_page(mutation.deps), tenancy=tenancy
            ),
            tenancy=tenancy,
        )

    return await mutation.run(actor, execute, has_secret=True)


@router.post("/{member_id}/invite", response_model=InvitationView)
async def invite_again(organization_id: str, member_id: MemberId, actor: Manager, mutation: MutationIn) -> Response:
    """Create a new token for an open invitation; the previous token becomes invalid."""

    async def execute(_attempt: Attempt) -> InvitationView:
        tenancy = mutation.deps.tenancy
        page = invitation_page(mutation.deps)
        renewed = await renew_invitation(organization_id, member_id, actor=actor, page=page, tenancy=tenancy)
        return await invited(*renewed, tenancy=tenancy)

    return await mutation.run(actor, execute, status=200, has_secret=True)


@router.put("/{member_id}", response_model=MemberView)
async def change(
    organization_id: str, member_id: MemberId, body: MemberPatch, actor: Manager, deps: DepsIn
) -> MemberView:
    """Give a member another role."""
    member = await change_member_role(organization_id, member_id, body.role, actor=actor, tenancy=deps.tenancy)
    return await with_person(member, deps.tenancy)


@router.delete("/{member_id}", status_code=204)
async def remove(organization_id: str, member_id: MemberId, actor: Manager, deps: DepsIn) -> Response:
    """Remove a member or revoke an invitation."""
    await remove_member(organization_id, member_id, actor=actor, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.delete("/{member_id}/sessions", status_code=204)
async def end_sessions(organization_id: str, member_id: MemberId, actor: Manager, deps: DepsIn) -> Response:
    """End the member's sessions: the next request needs a new sign-in.

    The answer does not reveal whether any existed. Passkeys stay: remove the member if a passkey is stolen.
    """
    await end_member_sessions(organization_id, member_id, actor=actor, access=deps.sessions)
    return Response(status_code=204)


def invitation_page(deps: Deps) -> str:
    """Where a person accepts an invitation."""
    return f"{deps.origins.admin_frontend}/register"


async def member_list(
    organization_id: str, request: PageIn, tenancy: People, *, role: str | None = None
) -> MemberListView:
    """One page, with the people's data."""
    page = await tenancy.members.page(scope_of(organization_id), request, {} if role is None else {"role": role})
    person_ids = [member.person_id for member in page.rows]
    persons = {person.id: person for person in await tenancy.persons.find(None, {"_id": {"$in": person_ids}})}
    views = [member_view(member, persons.get(member.person_id), tenancy) for member in page.rows]
    return MemberListView(members=views, **page.facts(request))


async def existing_member(organization_id: str, member_id: str, tenancy: People) -> MemberView:
    """One member of an organization, or of the installation.

    Raises:
        NotFound: there is no such member.
    """
    member = await tenancy.members.of(organization_id, member_id)
    if member is None:
        raise not_found("member")
    return await with_person(member, tenancy)


async def with_person(member: Member, tenancy: People) -> MemberView:
    """The member with the person's data."""
    return member_view(member, await tenancy.persons.get(None, member.person_id), tenancy)


async def invited(member: Member, token: str, *, tenancy: People) -> InvitationView:
    """The answer that holds the token."""
    return InvitationView(member=await with_person(member, tenancy), token=token)
