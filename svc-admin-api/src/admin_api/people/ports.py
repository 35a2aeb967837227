"""What the use cases about people need from the outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from admin_api.people.domain.member import Member, Person
from admin_api.people.domain.passkey import Ceremony, Passkey
from admin_api.people.domain.session import EndReason, Session
from admin_api.shared.domain.paging import Page, PageWish
from admin_api.tenancy.ports import Tenancy
from gateway_kit.mongo.unit_of_work import Tx


class MemberStore(Protocol):
    """People, and what they are in organizations (`INSTALLATION` for those who run it)."""

    async def find_person(self, person_id: str, tx: Tx | None = None) -> Person | None: ...

    async def find_person_by_email(self, email_hash: str, tx: Tx | None = None) -> Person | None: ...

    async def persons(self, person_ids: list[str]) -> dict[str, Person]: ...

    async def insert_person(self, tx: Tx, person: Person) -> None: ...

    async def find(self, organization_id: str, member_id: str, tx: Tx | None = None) -> Member | None: ...

    async def find_of_person(self, organization_id: str, person_id: str, tx: Tx | None = None) -> Member | None: ...

    async def find_by_invitation(self, invite_hash: str, tx: Tx | None = None) -> Member | None: ...

    async def of_person(self, person_id: str, tx: Tx | None = None) -> list[Member]: ...

    async def count_of_role(self, organization_id: str, role: str, tx: Tx) -> int:
        """Active members only."""
        ...

    async def insert(self, tx: Tx, member: Member) -> None:
        """
        Raises:
            Conflict: the person is a member already.
        """
        ...

    async def replace(self, tx: Tx, before: Member, after: Member) -> None:
        """
        Raises:
            Conflict: the stored version is not that of ``before`` any more.
        """
        ...

    async def delete(self, tx: Tx, member: Member) -> None: ...

    async def page(self, organization_id: str, wish: PageWish, *, role: str | None = None) -> Page[Member]: ...


@dataclass(frozen=True)
class People(Tenancy):
    """The ports around members; organizations and API keys are read."""

    members: MemberStore


@dataclass(frozen=True)
class AccessClaims:
    """What a valid access token says."""

    session_id: str
    person_id: str
    expires_at: datetime


@dataclass(frozen=True)
class NewCredential:
    """A passkey as an authenticator just made it."""

    id: str
    public_key: bytes
    sign_count: int
    is_synced: bool


class SessionStore(Protocol):
    """Sign-ins of people."""

    async def find(self, session_id: str) -> Session | None: ...

    async def of_person(self, person_id: str) -> list[Session]:
        """Those that nobody ended, newest first; their time may be over."""
        ...

    async def insert(self, tx: Tx, session: Session) -> None: ...

    async def refresh(self, before: Session, after: Session) -> bool:
        """Whether it was still alive and at the sequence of ``before``; one guarded write of its own."""
        ...

    async def end(self, tx: Tx, session_id: str, reason: EndReason) -> bool:
        """Whether it was alive."""
        ...

    async def end_all(self, tx: Tx, person_id: str, reason: EndReason, *, passkey_id: str | None = None) -> int:
        """End all of a person, or all that began with one passkey; how many were alive."""
        ...

    async def close_to(self, tx: Tx, person_id: str, organization_id: str) -> int:
        """All living ones of a person open nothing of that organization any more; how many did before."""
        ...


class PasskeyStore(Protocol):
    """Passkeys of people."""

    async def find(self, passkey_id: str, tx: Tx | None = None) -> Passkey | None: ...

    async def of_person(self, person_id: str, tx: Tx | None = None) -> list[Passkey]: ...

    async def insert(self, tx: Tx, passkey: Passkey) -> None:
        """
        Raises:
            Conflict: the authenticator's key is registered already.
        """
        ...

    async def note_use(self, tx: Tx, before: Passkey, sign_count: int) -> bool:
        """Whether nobody used it meanwhile with a higher count."""
        ...

    async def delete(self, tx: Tx, person_id: str, passkey_id: str) -> bool:
        """Whether it was there."""
        ...


class CeremonyStore(Protocol):
    """Challenges that wait for their answer."""

    async def open(self, ceremony: Ceremony) -> None: ...

    async def take(self, ceremony_id: str, now: datetime) -> Ceremony | None:
        """Remove and return it; None for the second who asks, and after its time."""
        ...


class BootstrapStore(Protocol):
    """The one token that makes the first operator."""

    async def issue(self, token_hash: str, *, now: datetime, until: datetime, is_replacing: bool = False) -> bool:
        """Whether it is the one that waits now; False when another one waits and must not be replaced."""
        ...

    async def is_open(self, token_hash: str, now: datetime) -> bool: ...

    async def spend(self, tx: Tx, token_hash: str) -> bool:
        """Whether it was open."""
        ...


class AccessTokens(Protocol):
    """Signs and verifies access tokens."""

    async def issue(self, session: Session, now: datetime) -> str: ...

    async def verify(self, text: str, now: datetime) -> AccessClaims | None:
        """None for whatever is not a valid token of ours, now."""
        ...


class Authenticators(Protocol):
    """WebAuthn. Options are what a browser's ``navigator.credentials`` takes, as JSON."""

    def login_options(self, challenge: bytes) -> dict[str, Any]: ...

    def registration_options(
        self, challenge: bytes, *, person_id: str, account: str, name: str, known: list[str]
    ) -> dict[str, Any]: ...

    def claimed_id(self, credential: dict[str, Any]) -> str:
        """Which passkey an answer says it is."""
        ...

    def verify_login(self, credential: dict[str, Any], challenge: bytes, passkey: Passkey) -> int | None:
        """The authenticator's new count of uses; None if the answer is not valid."""
        ...

    def verify_registration(self, credential: dict[str, Any], challenge: bytes) -> NewCredential | None:
        """None if the answer is not valid."""
        ...


@dataclass(frozen=True)
class SessionAccess:
    """The ports around sessions and passkeys."""

    tenancy: People
    sessions: SessionStore
    passkeys: PasskeyStore
    ceremonies: CeremonyStore
    bootstrap: BootstrapStore
    tokens: AccessTokens
    authenticators: Authenticators
