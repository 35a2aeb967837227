"""Register a passkey: of the first operator, of an invited person or of a signed-in user."""

import secrets
from dataclasses import dataclass
from typing import Any, Final

from admin_api.people.domain.member import Member, Person
from admin_api.people.domain.passkey import (
    CEREMONY_LIFETIME,
    COLLECTION,
    LABEL,
    PASSKEYS_MAX,
    Ceremony,
    CeremonyKind,
    Newcomer,
    Passkey,
    new_ceremony_id,
)
from admin_api.people.ports import NewCredential, SessionAccess
from admin_api.people.use_cases.accept_invitation import accept_invitation, find_invitation
from admin_api.people.use_cases.invite_member import (
    EMAIL,
    NAME,
    PERSONS,
    email_hash,
    insert_person,
    invitation_hash,
    invited_in_clear,
    person_in_clear,
)
from admin_api.people.use_cases.issue_bootstrap_token import bootstrap_hash, has_operator
from admin_api.people.use_cases.open_session import SignedIn, new_session, session_actor, signed_in, store_session
from admin_api.people.use_cases.sign_in_with_passkey import CHALLENGE_BYTES
from admin_api.shared.domain.roles import INSTALLATION
from admin_api.shared.errors import already_member, bootstrap_invalid, registration_failed
from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.ids import new_object_id
from gateway_kit.mongo.unit_of_work import Tx

_ACCOUNT: Final = "account"
Options = dict[str, Any]


@dataclass(frozen=True)
class Applicant:
    """A registration with a token. Address and name are for the first operator; others are known."""

    token: str
    email: str | None = None
    name: str | None = None


async def begin_registration(applicant: Applicant, *, access: SessionAccess) -> tuple[Ceremony, Options]:
    """A fresh challenge for whom the token lets in; the token stays unspent.

    Raises:
        Unauthenticated: neither a bootstrap token nor an invitation (any more).
        Invalid: the first operator gives no address.
        Conflict: an invited person who has a passkey signs in with it instead; a first operator takes another address.
    """
    tenancy = access.tenancy
    if await access.bootstrap.is_open(bootstrap_hash(applicant.token, tenancy), tenancy.clock.now()):
        return await _begin_bootstrap(applicant, access)
    member = await find_invitation(applicant.token, tenancy=tenancy)
    await _check_first_passkey(member.person_id, access)
    hashed = invitation_hash(applicant.token, tenancy)
    ceremony = _ceremony("invitation", member.person_id, access, token_hash=hashed)
    person = await tenancy.persons.get(None, member.person_id)
    # Who invited can come this far, and may not learn how the person is called elsewhere.
    return ceremony, await _open(ceremony, access, **invited_in_clear(member, person, tenancy.keyring))


async def begin_further_registration(person_id: str, *, access: SessionAccess) -> tuple[Ceremony, Options]:
    """A new challenge for a further passkey of a signed-in user.

    Raises:
        Conflict: they have as many as one may have.
    """
    if len(await access.passkeys.of_person(person_id)) >= PASSKEYS_MAX:
        raise Conflict(f"a person has at most {PASSKEYS_MAX} passkeys", code="TOO_MANY_PASSKEYS")
    ceremony = _ceremony("passkey", person_id, access)
    person = await access.tenancy.persons.get(None, person_id)
    return ceremony, await _open(ceremony, access, **person_in_clear(person, access.tenancy.keyring))


async def finish_registration(
    ceremony_id: str, token: str, credential: dict[str, Any], label: str | None, *, access: SessionAccess
) -> SignedIn:
    """The person is let in: the token is spent, the passkey kept, a session begun, all at once or not at all.

    Raises:
        Unauthenticated: unknown or used challenge, another token, a credential that is not valid.
        Conflict: the person has got a passkey since the ceremony began.
    """
    tenancy = access.tenancy
    ceremony, made = await _answered(ceremony_id, credential, access)
    is_bootstrap = ceremony.kind == "bootstrap"
    expected = bootstrap_hash(token, tenancy) if is_bootstrap else invitation_hash(token, tenancy)
    if ceremony.kind == "passkey" or not secrets.compare_digest(ceremony.token_hash, expected):
        raise registration_failed()
    session, refresh = new_session(ceremony.person_id, made.id, tenancy.clock.now(), tenancy.keyring)
    member_id = new_object_id()

    async def work(tx: Tx) -> None:
        await _check_first_passkey(ceremony.person_id, access, tx)
        if is_bootstrap:
            await _become_operator(tx, ceremony, member_id, access)
        else:
            await accept_invitation(token, tenancy=tenancy, tx=tx)
        await _keep(tx, ceremony.person_id, made, label, access)
        await store_session(tx, session, access=access)

    await tenancy.uow.run(work)
    return await signed_in(session, refresh, access=access)


async def finish_further_registration(
    person_id: str, ceremony_id: str, credential: dict[str, Any], label: str | None, *, access: SessionAccess
) -> Passkey:
    """One more passkey.

    Raises:
        Unauthenticated: unknown or used challenge, or that of another person; a credential that is not valid.
    """
    ceremony, made = await _answered(ceremony_id, credential, access)
    if ceremony.kind != "passkey" or ceremony.person_id != person_id:
        raise registration_failed()

    async def work(tx: Tx) -> Passkey:
        return await _keep(tx, person_id, made, label, access)

    return await access.tenancy.uow.run(work)


async def _check_first_passkey(person_id: str, access: SessionAccess, tx: Tx | None = None) -> None:
    """A one-time link gives a person their first passkey only.

    Otherwise an admin who invites a person could register a passkey in that person's name. Of two registrations at the
    same moment the later one runs again, because both write the audit log of the installation, and is refused.
    """
    if await access.passkeys.of_person(person_id, tx):
        raise Conflict("sign in and accept the invitation there", code="SIGN_IN_TO_ACCEPT")


def _ceremony(
    kind: CeremonyKind,
    person_id: str,
    access: SessionAccess,
    *,
    token_hash: str = "",
    newcomer: Newcomer | None = None,
) -> Ceremony:
    return Ceremony(
        id=new_ceremony_id(),
        kind=kind,
        challenge=secrets.token_bytes(CHALLENGE_BYTES),
        expires_at=access.tenancy.clock.now() + CEREMONY_LIFETIME,
        token_hash=token_hash,
        person_id=person_id,
        newcomer=newcomer,
    )


async def _begin_bootstrap(applicant: Applicant, access: SessionAccess) -> tuple[Ceremony, Options]:
    if applicant.email is None:
        raise Invalid.field("email", "the first operator gives an e-mail address")
    tenancy = access.tenancy
    if await has_operator(tenancy):
        raise bootstrap_invalid()
    hashed = email_hash(applicant.email, tenancy)
    known = await tenancy.persons.first(None, {"email_hash": hashed})
    person_id = new_object_id() if known is None else known.id
    # The address of a person who registered before was not verified.
    await _check_first_passkey(person_id, access)
    encrypt = tenancy.keyring.encrypt_system
    newcomer = Newcomer(
        person_id=person_id,
        email=encrypt(PERSONS, person_id, EMAIL, applicant.email),
        email_hash=hashed,
        name=encrypt(PERSONS, person_id, NAME, applicant.name) if applicant.name else None,
    )
    token_hash = bootstrap_hash(applicant.token, tenancy)
    ceremony = _ceremony("bootstrap", person_id, access, token_hash=token_hash, newcomer=newcomer)
    return ceremony, await _open(ceremony, access, email=applicant.email, name=applicant.name)


async def _open(ceremony: Ceremony, access: SessionAccess, *, email: str | None, name: str | None) -> Options:
    await access.ceremonies.now.insert(ceremony)
    known = await access.passkeys.of_person(ceremony.person_id)
    account = email or _ACCOUNT
    return access.authenticators.registration_options(
        ceremony.challenge,
        person_id=ceremony.person_id,
        account=account,
        name=name or account,
        known=[passkey.id for passkey in known],
    )


async def _answered(
    ceremony_id: str, credential: dict[str, Any], access: SessionAccess
) -> tuple[Ceremony, NewCredential]:
    access.authenticators.claimed_id(credential)
    ceremony = await access.ceremonies.take(ceremony_id, access.tenancy.clock.now())
    if ceremony is None or ceremony.kind == "login":
        raise registration_failed()
    made = access.authenticators.verify_registration(credential, ceremony.challenge)
    if made is None:
        raise registration_failed()
    return ceremony, made


async def _become_operator(tx: Tx, ceremony: Ceremony, member_id: str, access: SessionAccess) -> None:
    tenancy, newcomer = access.tenancy, ceremony.newcomer
    # Two who hold the token meet at its row: one spends it, the other finds it spent.
    if newcomer is None or not await access.bootstrap.spend(tx, ceremony.token_hash) or await has_operator(tenancy, tx):
        raise bootstrap_invalid()
    if await tenancy.persons.get(tx, newcomer.person_id) is None:
        person = Person(
            id=newcomer.person_id,
            email=newcomer.email,
            email_hash=newcomer.email_hash,
            name=newcomer.name,
            created_at=tx.now,
        )
        insert_person(tx, person, tenancy)
    member = Member(
        id=member_id,
        organization_id=INSTALLATION,
        person_id=newcomer.person_id,
        role="global",
        state="active",
        created_at=tx.now,
        updated_at=tx.now,
    )
    tenancy.members.insert(tx, member, otherwise=already_member())
    await tenancy.audit.note(tx, session_actor(member.person_id), "operator.bootstrap", member_id)


async def _keep(tx: Tx, person_id: str, made: NewCredential, label: str | None, access: SessionAccess) -> Passkey:
    encrypt = access.tenancy.keyring.encrypt_system
    passkey = Passkey(
        id=made.id,
        person_id=person_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        label=encrypt(COLLECTION, made.id, LABEL, label) if label else None,
        is_synced=made.is_synced,
        created_at=tx.now,
    )
    taken = Conflict("this passkey is registered already", code="PASSKEY_EXISTS")
    access.passkeys.insert(tx, passkey, otherwise=taken)
    await access.tenancy.audit.note(tx, session_actor(person_id), "passkey.register", made.id)
    return passkey
