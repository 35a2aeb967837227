"""Members by organization, and reads of one person's places in all of them."""

from admin_api.people.domain.member import Member
from admin_api.shared.domain.roles import scope_of
from gateway_kit.mongo.queries import is_text
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx


class Members(Store[Member]):
    """People in organizations (`INSTALLATION` for those who run it)."""

    async def of(self, organization_id: str, member_id: str, tx: Tx | None = None) -> Member | None:
        """A member of that organization."""
        return await self.get(tx, scope_of(organization_id), member_id)

    async def is_member(self, tx: Tx, organization_id: str, person_id: str) -> bool:
        """Whether the person is a member or invited."""
        return await self.first(tx, scope_of(organization_id), {"person_id": person_id}) is not None

    async def invited_by(self, invite_hash: str, tx: Tx | None = None) -> Member | None:
        """The member whom the token with that hash invites."""
        return await self.across_tenants.first(tx, {"invite_hash": is_text(invite_hash)}, sort=())

    async def invited(self, tx: Tx, *, limit: int) -> list[Member]:
        """Members of all organizations whose invitation has a token."""
        return await self.across_tenants.find(tx, {"invite_hash": {"$type": "string"}}, sort=(), limit=limit)

    async def of_person(self, person_id: str, tx: Tx | None = None) -> list[Member]:
        """A person's places in all organizations."""
        return await self.across_tenants.find(tx, {"person_id": person_id}, sort=(("_id", 1),))

    async def is_any(self, tx: Tx, organization_id: str, role: str) -> bool:
        """Whether an active member has that role."""
        where = {"role": role, "state": "active"}
        return await self.first(tx, scope_of(organization_id), where) is not None
