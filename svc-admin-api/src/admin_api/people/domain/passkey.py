"""Passkeys: how people prove who they are."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway_contracts.encrypted import EncryptedValue

COLLECTION: Final = "passkeys"
LABEL: Final = "label"
PASSKEYS_MAX: Final = 20
"""Per person."""
CEREMONY_LIFETIME: Final = timedelta(minutes=5)
BOOTSTRAP_LIFETIME: Final = timedelta(hours=24)
_ID_BYTES: Final = 12


def new_ceremony_id() -> str:
    """24 random hex digits. Not one of our ascending ids: a stranger who begins a ceremony could tell the ids of others
    from its own, and use up the challenges of people who are signing in."""
    return secrets.token_hex(_ID_BYTES)


@dataclass(frozen=True)
class Passkey:
    """A public key of a person's authenticator; the id is the authenticator's own (base64url)."""

    id: str
    person_id: str
    public_key: bytes
    sign_count: int
    label: EncryptedValue | None
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None = None


@dataclass(frozen=True)
class Newcomer:
    """The first operator, until their passkey is there. Address and name are encrypted for the person they become."""

    person_id: str
    email: EncryptedValue
    email_hash: str
    name: EncryptedValue | None


CeremonyKind = Literal["login", "bootstrap", "invitation", "passkey"]


@dataclass(frozen=True)
class Ceremony:
    """A challenge that waits for an authenticator's answer, once.

    Attributes:
        token_hash: keyed hash of the token that permits a registration.
        person_id: whose passkey it will be.
        newcomer: for the first operator only.
    """

    id: str
    kind: CeremonyKind
    challenge: bytes
    expires_at: datetime
    token_hash: str = ""
    person_id: str = ""
    newcomer: Newcomer | None = None
