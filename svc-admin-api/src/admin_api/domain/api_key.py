"""An API key as it is kept: never its text, only a keyed hash."""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway_contracts.actor import Actor

LAST_USED_PRECISION: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class ApiKey:
    """A key of one organization and mode, or of the system.

    Attributes:
        secret_hash: keyed hash of the whole text.
        previous_hash: of the text before the last rotation, accepted until ``previous_until``.
    """

    id: str
    kind: Literal["organization", "system"]
    organization_id: str
    livemode: bool
    label: str
    scopes: tuple[str, ...]
    secret_hash: str
    created_at: datetime
    version: int = 1
    previous_hash: str | None = None
    previous_until: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def mode(self) -> Literal["test", "live", "sys"]:
        """What the key's text says after ``sk_``."""
        if self.kind == "system":
            return "sys"
        return "live" if self.livemode else "test"

    def accepts(self, text_hash: str, now: datetime) -> bool:
        """Whether a text with that hash is this key, now. Compares in constant time."""
        is_current = hmac.compare_digest(self.secret_hash, text_hash)
        is_previous = hmac.compare_digest(self.previous_hash or "", text_hash)
        in_overlap = self.previous_until is not None and now < self.previous_until
        return self.revoked_at is None and (is_current or (is_previous and in_overlap))

    def actor(self) -> Actor:
        """Who speaks when this key is presented."""
        return Actor(
            kind="system_key" if self.kind == "system" else "api_key",
            organization_id=self.organization_id,
            subject_id=self.id,
            scopes=self.scopes,
            livemode=self.livemode,
        )

    def rotated(self, new_hash: str, *, now: datetime, overlap: timedelta) -> "ApiKey":
        """The same key with a new secret; the old one stays valid for the overlap."""
        keeps = overlap > timedelta(0)
        return replace(
            self,
            secret_hash=new_hash,
            previous_hash=self.secret_hash if keeps else None,
            previous_until=now + overlap if keeps else None,
            version=self.version + 1,
        )

    def revoked(self, now: datetime) -> "ApiKey":
        """Never accepted again. Revoking twice keeps the first time."""
        if self.revoked_at is not None:
            return self
        return replace(self, revoked_at=now, version=self.version + 1)

    def is_use_worth_noting(self, now: datetime) -> bool:
        """Last use is kept to the minute, so that not every request writes."""
        return self.last_used_at is None or now - self.last_used_at >= LAST_USED_PRECISION
