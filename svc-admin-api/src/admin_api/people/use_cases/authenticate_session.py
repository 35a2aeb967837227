"""Identify the person behind an access token, and the organization that they act for."""

from dataclasses import dataclass

from admin_api.people.domain.member import Member
from admin_api.people.domain.session import Session
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.act_as_member import actor_for_member
from admin_api.shared.domain.roles import INSTALLATION
from admin_api.shared.errors import not_found, organization_not_selected, session_invalid, sign_in_again
from gateway_contracts.actor import Actor


@dataclass(frozen=True)
class Selection:
    """The organization and mode that the request selects.

    Attributes:
        organization_id: of the route, else the one that the person selected; None: neither.
        livemode: whether live data is meant.
    """

    organization_id: str | None
    livemode: bool


def is_access_token(authorization: str | None) -> bool:
    """Whether the header carries something that looks like a signed token (an API key never does)."""
    scheme, _, text = (authorization or "").partition(" ")
    return scheme.lower() == "bearer" and text.strip().startswith("ey")


async def find_session(authorization: str | None, *, access: SessionAccess) -> Session:
    """The living session behind an ``Authorization`` header.

    The session is read every time: one that ended a moment ago, in whatever process, is over.

    Raises:
        Unauthenticated: not a valid token, or its session is over.
    """
    if not is_access_token(authorization):
        raise session_invalid()
    now = access.tenancy.clock.now()
    claims = await access.tokens.verify((authorization or "").partition(" ")[2].strip(), now)
    session = None if claims is None else await access.sessions.get(None, claims.session_id)
    if claims is None or session is None or session.person_id != claims.person_id or not session.is_alive(now):
        raise session_invalid()
    return session


async def actor_of_session(session: Session, selection: Selection, *, access: SessionAccess) -> Actor:
    """The person as an actor of the organization that the request means.

    Roles are read every time too: who was removed a moment ago may do nothing any more.

    Raises:
        NotFound: not an organization of theirs.
        Unreadable: they have several and the request means none.
        Unauthenticated: an admin there ended the session.
    """
    members = [item for item in await access.tenancy.members.of_person(session.person_id) if item.state == "active"]
    member, organization_id = _chosen(members, selection.organization_id)
    if member.organization_id in session.closed_to:
        raise sign_in_again()
    if member.is_global and organization_id != INSTALLATION:
        await _require_organization(organization_id, access)
    return actor_for_member(member, organization_id, livemode=selection.livemode)


async def _require_organization(organization_id: str, access: SessionAccess) -> None:
    """Check an organization that an operator named. Members need no look-up: theirs exists."""
    if await access.tenancy.organizations.existing(organization_id, organization_id) is None:
        raise not_found("organization")


def _chosen(members: list[Member], wanted: str | None) -> tuple[Member, str]:
    operator = next((member for member in members if member.is_global), None)
    if wanted is not None:
        member = operator or next((item for item in members if item.organization_id == wanted), None)
        if member is None:
            raise not_found("organization")
        return member, wanted
    if operator is not None:
        return operator, INSTALLATION
    if len(members) != 1:
        raise organization_not_selected()
    return members[0], members[0].organization_id
