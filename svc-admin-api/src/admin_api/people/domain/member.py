"""People: who they are, and what they are in each organization."""

from datetime import datetime, timedelta
from typing import Final, Literal

from admin_api.shared.domain.roles import INSTALLATION
from gateway_contracts.actor import Role
from gateway_contracts.aggregates import Aggregate, Entity
from gateway_contracts.encrypted import EncryptedValue, SystemValue

INVITATION_VALID: Final = timedelta(days=7)


class Person(Entity):
    """A person who may sign in, with memberships in any number of organizations. Name and address are encrypted."""

    email: EncryptedValue
    email_hash: str
    name: EncryptedValue | None
    created_at: datetime
    version: int = 1


class Member(Aggregate):
    """A person's place in one organization, or among the operators of the installation (`INSTALLATION`).

    Attributes:
        invite_hash: keyed hash of the invitation's token while it waits to be accepted.
        given_email: the address as the inviter gave it, while the invitation waits. Whether it belongs to a person who
            is known, and how they write it, is not theirs to know.
        given_name: the name, likewise.
    """

    person_id: str
    role: Role
    state: Literal["invited", "active"]
    created_at: datetime
    updated_at: datetime
    invite_hash: str | None = None
    invite_until: datetime | None = None
    given_email: SystemValue | None = None
    given_name: SystemValue | None = None

    @property
    def is_global(self) -> bool:
        """Whether it runs the installation."""
        return self.organization_id == INSTALLATION and self.role == "global"

    def invited(self, token_hash: str, now: datetime) -> "Member":
        """With a fresh invitation; the one before it is void."""
        return self.changed(invite_hash=token_hash, invite_until=now + INVITATION_VALID, updated_at=now)

    def with_void_invitation(self, now: datetime) -> "Member":
        """Still invited, without a token: only a fresh invitation can be accepted."""
        return self.changed(invite_hash=None, invite_until=None, updated_at=now)

    def can_accept(self, now: datetime) -> bool:
        """Whether the invitation still waits."""
        return self.state == "invited" and self.invite_until is not None and now < self.invite_until

    def accepted(self, now: datetime) -> "Member":
        """At work; the token is spent."""
        return self.changed(
            state="active", invite_hash=None, invite_until=None, given_email=None, given_name=None, updated_at=now
        )

    def with_role(self, role: Role, now: datetime) -> "Member":
        """In another role from now on."""
        return self.changed(role=role, updated_at=now)
