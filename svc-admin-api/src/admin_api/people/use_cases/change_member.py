"""Change what a member may do, or part with them."""

from admin_api.people.domain.member import Member
from admin_api.people.ports import People
from admin_api.people.use_cases.invite_member import check_role
from admin_api.shared.domain.audit import differences
from admin_api.shared.domain.roles import RANKS
from admin_api.shared.errors import last_admin, not_found
from admin_api.tenancy.use_cases.find_grant import find_grant
from gateway_contracts.actor import Actor, Role
from gateway_contracts.errors import Forbidden
from gateway_kit.mongo.unit_of_work import Tx


async def change_member_role(
    organization_id: str, member_id: str, role: Role, *, actor: Actor, tenancy: People
) -> Member:
    """The member in the new role, from their next request on.

    Raises:
        NotFound: not a member of that organization.
        Invalid, Forbidden: a role that does not exist there, or could do more than the actor.
        Conflict: they are the last admin.
    """
    check_role(organization_id, role)
    (await find_grant(actor, tenancy=tenancy)).check_role(role)

    async def work(tx: Tx) -> Member:
        before = await find_managed(organization_id, member_id, actor, tenancy, tx)
        if before.role == role:
            return before
        after = tenancy.members.replace(tx, before, before.with_role(role, tx.now))
        changes = differences({"role": before.role}, {"role": role})
        await tenancy.audit.note(
            tx, actor, "member.change_role", member_id, organization_id=organization_id, changes=changes
        )
        await _keep_an_admin(before, tenancy, tx)
        return after

    return await tenancy.uow.run(work)


async def remove_member(organization_id: str, member_id: str, *, actor: Actor, tenancy: People) -> None:
    """They are no member any more, from their next request on.

    Raises:
        NotFound: not a member of that organization.
        Conflict: they are the last admin.
    """

    async def work(tx: Tx) -> None:
        member = await find_managed(organization_id, member_id, actor, tenancy, tx)
        tenancy.members.delete(tx, member)
        changes = differences({"role": member.role, **known_person(member)}, {})
        await tenancy.audit.note(
            tx, actor, "member.remove", member_id, organization_id=organization_id, changes=changes
        )
        await _keep_an_admin(member, tenancy, tx)

    await tenancy.uow.run(work)


async def find_managed(organization_id: str, member_id: str, actor: Actor, tenancy: People, tx: Tx) -> Member:
    """The member, if the actor may manage them.

    Raises:
        NotFound: not a member of that organization.
        Forbidden: they have more rights than the actor.
    """
    member = await tenancy.members.of(organization_id, member_id, tx)
    if member is None:
        raise not_found("member")
    if actor.role is None or RANKS[member.role] > RANKS[actor.role]:
        raise Forbidden("this member has more rights than the credential", code="ROLE_NOT_GRANTABLE")
    return member


def known_person(member: Member) -> dict[str, str]:
    """The person for an entry of the audit log; whose an open invitation is, is not said."""
    return {"personId": member.person_id} if member.state == "active" else {}


async def _keep_an_admin(before: Member, tenancy: People, tx: Tx) -> None:
    """Two who leave at once cannot both count the other: the audit chain makes one's transaction run again."""
    was_admin = before.state == "active" and before.role in {"admin", "global"}
    if was_admin and not await tenancy.members.is_any(tx, before.organization_id, before.role):
        raise last_admin()
