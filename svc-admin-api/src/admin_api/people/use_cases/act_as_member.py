"""Rights of a person in an organization."""

from admin_api.people.domain.member import Member
from admin_api.shared.domain.roles import INSTALLATION, ROLE_SCOPES
from admin_api.shared.domain.scopes import SYSTEM_SCOPES
from admin_api.shared.errors import not_found
from gateway_contracts.actor import Actor


def actor_for_member(member: Member, organization_id: str, *, livemode: bool = False) -> Actor:
    """The person as an actor: in an organization by their role there, or on the installation itself (`INSTALLATION`).

    Who runs the installation may act in every organization. Whether the organization exists is the caller's question.

    Raises:
        NotFound: not their organization, or an invitation that was not accepted.
    """
    is_own = member.organization_id == organization_id
    if member.state != "active" or not (is_own or member.is_global):
        raise not_found("organization")
    scopes = SYSTEM_SCOPES if organization_id == INSTALLATION else ROLE_SCOPES[member.role]
    return Actor(
        kind="operator",
        organization_id=organization_id,
        subject_id=member.person_id,
        scopes=scopes,
        livemode=livemode,
        role=member.role,
    )
