"""Passkeys: how people prove who they are."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict

from gateway_contracts.aggregates import Entity
from gateway_contracts.encrypted import EncryptedValue, NotRenewed

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


class Passkey(Entity):
    """A public key of a person's authenticator; the id is the authenticator's own (base64url)."""

    person_id: str
    public_key: bytes
    sign_count: int
    label: EncryptedValue | None
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None = None


class Newcomer(BaseModel):
    """The first operator, until their passkey is there. Address and name are encrypted for the person they become."""

    model_config = ConfigDict(frozen=True)

    person_id: str
    email: EncryptedValue
    email_hash: str
    name: EncryptedValue | None


CeremonyKind = Literal["login", "bootstrap", "invitation", "passkey"]


class Ceremony(Entity):
    """A challenge that waits for an authenticator's answer, once.

    Attributes:
        token_hash: keyed hash of the token that permits a registration.
        person_id: whose passkey it will be.
        newcomer: for the first operator only.
    """

    kind: CeremonyKind
    challenge: bytes
    expires_at: datetime
    token_hash: str = ""
    person_id: str = ""
    newcomer: Annotated[Newcomer | None, NotRenewed()] = None


class BootstrapToken(Entity):
    """The token that makes the first operator, by its keyed hash."""

    token_hash: str
    created_at: datetime
    expires_at: datetime
    spent_at: datetime | None = None

    def is_open(self, token_hash: str, now: datetime) -> bool:
        """Whether it is this token, and still usable."""
        return self.token_hash == token_hash and self.spent_at is None and now < self.expires_at
