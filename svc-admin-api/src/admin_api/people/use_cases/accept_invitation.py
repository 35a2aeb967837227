"""An invited person arrives."""

from admin_api.people.domain.member import Member
from admin_api.people.ports import People
from admin_api.people.use_cases.invite_member import invitation_hash
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Unauthenticated
from gateway_kit.mongo.unit_of_work import Tx


def _unusable() -> Unauthenticated:
    return Unauthenticated("the invitation is invalid or has expired", code="INVITATION_INVALID")


async def find_invitation(token: str, *, tenancy: People) -> Member:
    """The member whom a token invites; the invitation stays open.

    Raises:
        Unauthenticated: unknown, spent, replaced or expired.
    """
    member = await tenancy.members.invited_by(invitation_hash(token, tenancy))
    if member is None or not member.can_accept(tenancy.clock.now()):
        raise _unusable()
    return member


async def accept_invitation(token: str, *, tenancy: People, tx: Tx | None = None) -> Member:
    """The member, active from now on; the token is spent. Within ``tx`` if given.

    Raises:
        Unauthenticated: unknown, spent, replaced or expired.
    """

    async def work(tx: Tx) -> Member:
        before = await tenancy.members.invited_by(invitation_hash(token, tenancy), tx)
        if before is None or not before.can_accept(tx.now):
            raise _unusable()
        after = tenancy.members.replace(tx, before, before.accepted(tx.now))
        actor = Actor(
            kind="operator", organization_id=after.organization_id, subject_id=after.person_id, role=after.role
        )
        await tenancy.audit.note(tx, actor, "member.accept", after.id)
        return after

    return await (tenancy.uow.run(work) if tx is None else work(tx))
