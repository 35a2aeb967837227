"""End the sessions of a member, as an admin does after a lost device or suspicious activity."""

from admin_api.people.domain.member import Member
from admin_api.people.ports import SessionAccess
from admin_api.people.use_cases.change_member import find_managed, known_person
from admin_api.shared.domain.audit import differences
from gateway_contracts.actor import Actor
from gateway_kit.mongo.unit_of_work import Tx


async def end_member_sessions(organization_id: str, member_id: str, *, actor: Actor, access: SessionAccess) -> None:
    """Close the organization to the person's open sessions, from the next request on; a new sign-in opens it again.

    A session belongs to a person, not to an organization. It ends completely if the person works for this organization
    alone, or if an operator asks. Otherwise it stays valid for the person's other organizations, which this admin must
    not interrupt; but it can no longer register or remove passkeys, so that a thief cannot return with an own passkey.
    The admin sees no difference, because it would reveal who works elsewhere.

    Raises:
        NotFound: not a member of that organization.
        Forbidden: they have more rights than the actor.
    """
    tenancy = access.tenancy

    async def work(tx: Tx) -> None:
        member = await find_managed(organization_id, member_id, actor, tenancy, tx)
        if actor.role == "global" or not await _works_elsewhere(member, access, tx):
            await access.sessions.end(tx, "ended_by_admin", person_id=member.person_id)
        else:
            await access.sessions.close_to(tx, member.person_id, organization_id)
        changes = differences({}, known_person(member))
        await tenancy.audit.note(
            tx, actor, "member.end_sessions", member_id, organization_id=organization_id, changes=changes
        )

    await tenancy.uow.run(work)


async def _works_elsewhere(member: Member, access: SessionAccess, tx: Tx) -> bool:
    """Invitations do not count: any admin may invite any person."""
    known = await access.tenancy.members.of_person(member.person_id, tx)
    return any(item.state == "active" and item.organization_id != member.organization_id for item in known)
