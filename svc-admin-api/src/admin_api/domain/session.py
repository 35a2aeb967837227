"""Sessions of people: a short-lived access token, and a refresh token that is replaced by every use."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway_contracts.ids import is_object_id

ACCESS_LIFETIME: Final = timedelta(minutes=10)
FRESH_LIFETIME: Final = timedelta(minutes=15)
"""For this long after a sign-in the person may change how they sign in."""
IDLE_LIFETIME: Final = timedelta(hours=12)
"""Without a refresh for this long a session ends."""
SESSION_LIFETIME: Final = timedelta(days=7)
"""Then the person shows the passkey again, however busy the session is."""

_PREFIX: Final = "rt_"
_SECRET_BYTES: Final = 32
_MAC_CHARACTERS: Final = 64

EndReason = Literal[
    "logout", "logout_everywhere", "refresh_reused", "passkey_removed", "ended_by_person", "ended_by_admin"
]


@dataclass(frozen=True)
class Session:
    """One sign-in. ``sequence`` counts its refresh tokens; only the newest is good, an older one betrays a thief.

    Attributes:
        refresh_hash: keyed hash of the newest refresh token.
        expires_at: the end, whatever happens.
        closed_to: organizations whose admins ended it there; it may live on for others.
    """

    id: str
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

    def is_alive(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.ended_at is None and now < self.expires_at and now < self.used_at + IDLE_LIFETIME

    def is_fresh(self, now: datetime) -> bool:
        """Whether the person showed a passkey lately."""
        return now < self.created_at + FRESH_LIFETIME

    def refreshed(self, refresh_hash: str, now: datetime) -> "Session":
        """With the next refresh token."""
        return replace(self, sequence=self.sequence + 1, refresh_hash=refresh_hash, used_at=now)


@dataclass(frozen=True)
class RefreshToken:
    """What a browser keeps in a cookie: ``rt_<session>.<sequence>.<secret>.<mac>``. Never stored, never logged.

    The keyed hash at its end shows that we made it: so an old one is told from one that somebody invented in order to
    end another's session.
    """

    session_id: str
    sequence: int
    secret: str
    mac: str = ""

    @property
    def signed_part(self) -> str:
        """What the keyed hash is over."""
        return f"{_PREFIX}{self.session_id}.{self.sequence}.{self.secret}"

    def __str__(self) -> str:
        return f"{self.signed_part}.{self.mac}"

    def __repr__(self) -> str:
        return f"RefreshToken({_PREFIX}{self.session_id}.{self.sequence}.…)"


def new_refresh_token(session_id: str, sequence: int) -> RefreshToken:
    """256 random bits, still without its keyed hash."""
    return RefreshToken(session_id, sequence, secrets.token_urlsafe(_SECRET_BYTES))


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
