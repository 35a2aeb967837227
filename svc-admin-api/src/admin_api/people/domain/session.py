"""Sessions of people: a short-lived access token, and a refresh token that is replaced by every use."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from gateway_contracts.aggregates import Entity
from gateway_contracts.ids import is_object_id

ACCESS_LIFETIME: Final = timedelta(minutes=10)
FRESH_LIFETIME: Final = timedelta(minutes=15)
"""For this long after a sign-in the person may change how they sign in."""
IDLE_LIFETIME: Final = timedelta(hours=12)
"""Without a refresh for this long a session ends."""
SESSION_LIFETIME: Final = timedelta(days=7)
"""Then the person shows the passkey again, however busy the session is."""
REFRESH_GRACE: Final = timedelta(seconds=10)
"""For this long after a refresh token was replaced, the same client may present it again: tabs refresh at once."""
REPLACEMENTS_MAX: Final = 8
"""Refreshes of one session that are remembered for the grace."""

_PREFIX: Final = "rt_"
_SECRET_BYTES: Final = 32
_MAC_CHARACTERS: Final = 64

EndReason = Literal[
    "logout", "logout_everywhere", "refresh_reused", "passkey_removed", "ended_by_person", "ended_by_admin", "restored"
]


class Replacement(BaseModel):
    """A refresh: when, and the keyed hash of the browser that asked."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    client: str


class Session(Entity):
    """One sign-in. ``sequence`` counts its refresh tokens; an older one, except within the grace, betrays a thief.

    Attributes:
        refresh_hash: keyed hash of the newest refresh token.
        replacements: the latest refreshes within the grace, oldest first.
        expires_at: the end, whatever happens.
        closed_to: organizations whose admins ended it there; it may live on for others.
    """

    person_id: str
    passkey_id: str
    refresh_hash: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    sequence: int = 1
    ended_at: datetime | None = None
    end_reason: EndReason | None = None
    closed_to: tuple[str, ...] = ()
    replacements: tuple[Replacement, ...] = ()

    def is_alive(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.ended_at is None and now < self.expires_at and now < self.used_at + IDLE_LIFETIME

    def is_fresh(self, now: datetime) -> bool:
        """Whether the person showed a passkey lately."""
        return now < self.created_at + FRESH_LIFETIME

    def refreshed(self, refresh_hash: str, now: datetime, client: str) -> "Session":
        """With the next refresh token."""
        recent = [one for one in self.replacements if now - one.at < REFRESH_GRACE]
        replacements = (*recent, Replacement(at=now, client=client))[-REPLACEMENTS_MAX:]
        return self.changed(
            sequence=self.sequence + 1, refresh_hash=refresh_hash, used_at=now, replacements=replacements
        )

    def steps_behind(self, sequence: int, now: datetime, client: str) -> int | None:
        """By how many refreshes the token of that sequence is older than the newest; None outside of the grace."""
        steps = self.sequence - sequence
        if not 0 < steps <= len(self.replacements):
            return None
        replaced = self.replacements[-steps]
        return steps if now - replaced.at < REFRESH_GRACE and replaced.client == client else None


class SigningKey(Entity):
    """A key that signs access tokens; its id is the name from which it is derived."""

    created_at: datetime


@dataclass(frozen=True)
class RefreshToken:
    """Cookie value of a browser: ``rt_<session>.<sequence>.<secret>.<mac>``. Never stored, never logged.

    The keyed hash at its end proves that the gateway issued it. This distinguishes an old token from a forged one,
    which an attacker could send in order to end another person's session.
    """

    session_id: str
    sequence: int
    secret: str
    mac: str = ""

    @property
    def signed_part(self) -> str:
        """The part of the token that the keyed hash covers."""
        return f"{_PREFIX}{self.session_id}.{self.sequence}.{self.secret}"

    def __str__(self) -> str:
        return f"{self.signed_part}.{self.mac}"

    def __repr__(self) -> str:
        return f"RefreshToken({_PREFIX}{self.session_id}.{self.sequence}.…)"


def first_refresh_token(session_id: str) -> RefreshToken:
    """256 random bits, still without its keyed hash; later ones are derived from it."""
    return RefreshToken(session_id, 1, secrets.token_urlsafe(_SECRET_BYTES))


def parse_refresh_token(text: str) -> RefreshToken | None:
    """The parts of a token, or None if it does not have the form of one."""
    parts = text.removeprefix(_PREFIX).split(".")
    if not text.startswith(_PREFIX) or len(text) > 200 or len(parts) != 4:
        return None
    session_id, sequence, secret, mac = parts
    is_number = sequence.isascii() and sequence.isdigit() and len(sequence) < 10
    if not is_object_id(session_id) or not is_number or len(mac) != _MAC_CHARACTERS or not text.isascii():
        return None
    return RefreshToken(session_id, int(sequence), secret, mac)
