"""Invite a person into an organization, or among those who run the installation."""

import secrets
from dataclasses import dataclass
from typing import Final

from admin_api.people.domain.member import INVITATION_VALID, Member, Person
from admin_api.people.ports import People
from admin_api.people.use_cases.announce_invitation import announce_invitation
from admin_api.shared.domain.audit import differences
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.domain.roles import INSTALLATION, ORGANIZATION_ROLES
from admin_api.shared.errors import already_member, not_found
from admin_api.shared.use_cases.run_once import run_once
from admin_api.tenancy.use_cases.find_grant import find_grant
from gateway_contracts.actor import Actor, Role
from gateway_contracts.errors import Conflict, Invalid, Transient
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import Operation, Tx

PERSONS: Final = "persons"
EMAIL: Final = "email"
NAME: Final = "name"
_MEMBERS: Final = "members"
_GIVEN_EMAIL: Final = "given_email"
_GIVEN_NAME: Final = "given_name"
_INVITATION_PURPOSE: Final = "invitation"
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True)
class Invitation:
    """The person to invite, the organization and the role."""

    organization_id: str
    email: str
    role: Role
    name: str | None = None


def person_in_clear(person: Person | None, keyring: Keyring) -> dict[str, str | None]:
    """Address and name of a person; None where they are not known."""
    email = name = None
    if person is not None:
        email = keyring.decrypt_system(person.email, PERSONS, person.id, EMAIL).decode()
        name = keyring.decrypt_system(person.name, PERSONS, person.id, NAME).decode() if person.name else None
    return {"email": email, "name": name}


def invited_in_clear(member: Member, person: Person | None, keyring: Keyring) -> dict[str, str | None]:
    """Address and name as the inviter gave them. An invitation of an earlier version has neither: then the address,
    which the inviter knows, is that of the person."""
    if member.given_email is None:
        return {**person_in_clear(person, keyring), "name": None}
    given = ((EMAIL, _GIVEN_EMAIL, member.given_email), (NAME, _GIVEN_NAME, member.given_name))
    return {
        name: keyring.decrypt_system(value, _MEMBERS, member.id, field).decode() if value else None
        for name, field, value in given
    }


def email_hash(email: str, tenancy: People) -> str:
    """By which a person is found."""
    return tenancy.keyring.search_hash(INSTALLATION, EMAIL, email)


def invitation_hash(token: str, tenancy: People) -> str:
    """How an invitation's token is kept."""
    return tenancy.keyring.keyed_hash(_INVITATION_PURPOSE, token)


async def invite_member(
    invitation: Invitation, *, actor: Actor, attempt: Attempt, page: str, tenancy: People
) -> tuple[Member, str]:
    """The invited member and the token that accepts the invitation, which is shown once and mailed as a link.

    Args:
        page: the address of the page that takes the token.

    Raises:
        NotFound: there is no such organization.
        Forbidden: a role that could do more than the actor.
        Invalid: a role that does not exist there.
        Conflict: the person is there already.
    """
    organization_id = invitation.organization_id
    check_role(organization_id, invitation.role)
    (await find_grant(actor, tenancy=tenancy)).check_role(invitation.role)
    if organization_id and await tenancy.organizations.existing(organization_id, organization_id) is None:
        raise not_found("organization")
    token = secrets.token_urlsafe(_TOKEN_BYTES)

    async def work(tx: Tx) -> tuple[Member, str]:
        person_id = await _person_id(invitation, attempt, tenancy, tx)
        if await tenancy.members.is_member(tx, organization_id, person_id):
            raise already_member()
        encrypt, name = tenancy.keyring.encrypt_system, invitation.name
        member = Member(
            id=attempt.object_id,
            organization_id=organization_id,
            person_id=person_id,
            role=invitation.role,
            state="invited",
            created_at=tx.now,
            updated_at=tx.now,
            invite_hash=invitation_hash(token, tenancy),
            invite_until=tx.now + INVITATION_VALID,
            given_email=encrypt(_MEMBERS, attempt.object_id, _GIVEN_EMAIL, invitation.email),
            given_name=encrypt(_MEMBERS, attempt.object_id, _GIVEN_NAME, name) if name else None,
        )
        tenancy.members.insert(tx, member, otherwise=already_member())
        # Not whose it is: the id would say whether the person is known elsewhere.
        changes = differences({}, {"role": member.role})
        await tenancy.audit.note(
            tx, actor, "member.invite", member.id, organization_id=organization_id, changes=changes
        )
        announce_invitation(tx, member, token, email=invitation.email, name=invitation.name, page=page, tenancy=tenancy)
        return member, token

    async def again(member_id: str) -> tuple[Member, str]:
        if not attempt.is_resumed:
            raise Conflict("this request has already invited a person", code="ALREADY_MEMBER")
        # The first execution died before the caller got its token.
        return await renew_invitation(organization_id, member_id, actor=actor, page=page, tenancy=tenancy)

    operation = Operation(attempt.operation_id, attempt.object_id)
    return await run_once(tenancy.uow, work, operation=operation, again=again)


async def renew_invitation(
    organization_id: str, member_id: str, *, actor: Actor, page: str, tenancy: People
) -> tuple[Member, str]:
    """A fresh token in place of the one before, which is mailed too; see `invite_member`.

    Raises:
        NotFound: not a member of that organization.
        Forbidden: the actor may not give that role.
        Conflict: the invitation is accepted already.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)

    async def work(tx: Tx) -> Member:
        before = await tenancy.members.of(organization_id, member_id, tx)
        if before is None:
            raise not_found("member")
        if before.state != "invited":
            raise Conflict("the invitation is accepted already", code="INVITATION_ACCEPTED")
        (await find_grant(actor, tenancy=tenancy, tx=tx)).check_role(before.role)
        after = tenancy.members.replace(tx, before, before.invited(invitation_hash(token, tenancy), tx.now))
        await tenancy.audit.note(tx, actor, "member.invite_again", member_id, organization_id=organization_id)
        known = person_in_clear(await tenancy.persons.get(tx, before.person_id), tenancy.keyring)
        announce_invitation(
            tx, after, token, email=known["email"] or "", name=known["name"], page=page, tenancy=tenancy
        )
        return after

    return await tenancy.uow.run(work), token


def check_role(organization_id: str, role: Role) -> None:
    """
    Raises:
        Invalid: no such role there.
    """
    roles = ORGANIZATION_ROLES if organization_id != INSTALLATION else ("global",)
    if role not in roles:
        raise Invalid.field("role", f"must be one of {', '.join(roles)}", code="UNKNOWN_ROLE")


def insert_person(tx: Tx, person: Person, tenancy: People) -> None:
    """Store a new person; `Transient` where another request makes the same one at this moment."""
    another = Transient("another request is inviting the same person", code="MEMBER_BEING_INVITED")
    tenancy.persons.insert(tx, person, otherwise=another)


async def _person_id(invitation: Invitation, attempt: Attempt, tenancy: People, tx: Tx) -> str:
    """Of the person with that address; made known if they are not."""
    hashed = email_hash(invitation.email, tenancy)
    known = await tenancy.persons.first(tx, {"email_hash": hashed})
    if known is not None:
        return known.id
    identifier, keyring = attempt.object_id, tenancy.keyring
    name = invitation.name
    person = Person(
        id=identifier,
        email=keyring.encrypt_system(PERSONS, identifier, EMAIL, invitation.email),
        email_hash=hashed,
        name=keyring.encrypt_system(PERSONS, identifier, NAME, name) if name else None,
        created_at=tx.now,
    )
    insert_person(tx, person, tenancy)
    return identifier
