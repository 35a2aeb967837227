"""Ports of the use cases about people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from admin_api.people.domain.member import Person
from admin_api.people.domain.passkey import Passkey
from admin_api.people.domain.session import Session
from admin_api.people.store.members import Members
from admin_api.people.store.passkeys import BootstrapTokens, Ceremonies, Passkeys
from admin_api.people.store.sessions import Sessions
from admin_api.tenancy.ports import Tenancy
from gateway_kit.mongo.global_store import GlobalStore


@dataclass(frozen=True)
class People(Tenancy):
    """The ports around members; organizations and API keys are read."""

    members: Members
    persons: GlobalStore[Person]


@dataclass(frozen=True)
class AccessClaims:
    """Claims of a valid access token."""

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
    sessions: Sessions
    passkeys: Passkeys
    ceremonies: Ceremonies
    bootstrap: BootstrapTokens
    tokens: AccessTokens
    authenticators: Authenticators
