"""Open a session; its tokens are shown once."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from admin_api.people.domain.session import SESSION_LIFETIME, RefreshToken, Session, first_refresh_token
from admin_api.people.ports import SessionAccess
from admin_api.shared.domain.roles import INSTALLATION
from gateway_contracts.actor import Actor
from gateway_contracts.ids import new_object_id
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.unit_of_work import Tx

_MAC_PURPOSE: Final = "refresh_token_mac"
_HASH_PURPOSE: Final = "refresh_token"
_SUCCESSOR_PURPOSE: Final = "refresh_token_successor"


@dataclass(frozen=True)
class SignedIn:
    """A session and the tokens that belong to it now."""

    session: Session
    access_token: str
    refresh_token: str


def sealed(token: RefreshToken, keyring: Keyring) -> RefreshToken:
    """Add the keyed hash that proves that the gateway issued it."""
    return replace(token, mac=keyring.keyed_hash(_MAC_PURPOSE, token.signed_part))


def successor(token: RefreshToken, keyring: Keyring) -> RefreshToken:
    """The next token: the same token has the same successor on every instance."""
    secret = keyring.keyed_hash(_SUCCESSOR_PURPOSE, str(token))
    return sealed(RefreshToken(token.session_id, token.sequence + 1, secret), keyring)


def refresh_hash(token: RefreshToken, keyring: Keyring) -> str:
    """How a session keeps its newest refresh token."""
    return keyring.keyed_hash(_HASH_PURPOSE, str(token))


def session_actor(person_id: str) -> Actor:
    """The actor in the audit log for a person's changes of their own sessions and passkeys."""
    return Actor(kind="operator", organization_id=INSTALLATION, subject_id=person_id)


def new_session(person_id: str, passkey_id: str, now: datetime, keyring: Keyring) -> tuple[Session, RefreshToken]:
    """A session that is not stored yet, and its first refresh token."""
    session_id = new_object_id()
    token = sealed(first_refresh_token(session_id), keyring)
    session = Session(
        id=session_id,
        person_id=person_id,
        passkey_id=passkey_id,
        refresh_hash=refresh_hash(token, keyring),
        created_at=now,
        used_at=now,
        expires_at=now + SESSION_LIFETIME,
    )
    return session, token


async def store_session(tx: Tx, session: Session, *, access: SessionAccess) -> None:
    """Keep it and write it down."""
    access.sessions.insert(tx, session)
    await access.tenancy.audit.note(tx, session_actor(session.person_id), "session.begin", session.id)


async def signed_in(session: Session, token: RefreshToken, *, access: SessionAccess) -> SignedIn:
    """The tokens of a stored session."""
    access_token = await access.tokens.issue(session, access.tenancy.clock.now())
    return SignedIn(session, access_token, str(token))
