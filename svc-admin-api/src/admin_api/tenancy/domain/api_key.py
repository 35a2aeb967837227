"""An API key as it is kept: never its text, only a keyed hash."""

import hmac
from datetime import datetime, timedelta
from typing import Final, Literal

from admin_api.shared.domain.refusal import Reason
from admin_api.shared.domain.roles import effective_scopes
from admin_api.tenancy.domain.addresses import is_allowed_from
from gateway_contracts.actor import Actor, Role
from gateway_contracts.aggregates import Aggregate

LAST_USED_PRECISION: Final = timedelta(minutes=1)


class ApiKey(Aggregate):
    """A key of one organization and mode, or of the system.

    Attributes:
        secret_hash: keyed hash of the whole text.
        previous_hash: of the text before the last rotation, accepted until ``previous_until``.
        role: limits the scopes; a key never does what its maker's role does not allow.
        ip_allow_list: networks (CIDR) it may be used from; none means anywhere.
    """

    kind: Literal["organization", "system"]
    livemode: bool
    label: str
    scopes: tuple[str, ...]
    secret_hash: str
    created_at: datetime
    previous_hash: str | None = None
    previous_until: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    expires_at: datetime | None = None
    ip_allow_list: tuple[str, ...] = ()
    role: Role = "admin"

    @property
    def mode(self) -> Literal["test", "live", "sys"]:
        """The mode in the key's text, after ``sk_``."""
        if self.kind == "system":
            return "sys"
        return "live" if self.livemode else "test"

    @property
    def acting_role(self) -> Role:
        """The role of who presents it."""
        return "global" if self.kind == "system" else self.role

    def accepts(self, text_hash: str, now: datetime) -> bool:
        """Whether a text with that hash is this key, now. Compares in constant time."""
        is_current = hmac.compare_digest(self.secret_hash, text_hash)
        is_previous = hmac.compare_digest(self.previous_hash or "", text_hash)
        in_overlap = self.previous_until is not None and now < self.previous_until
        is_alive = self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
        return is_alive and (is_current or (is_previous and in_overlap))

    def refusal(self, text_hash: str, now: datetime) -> Reason | None:
        """Why a text with that hash is not this key, now; for those who watch, never for who presents it."""
        if self.accepts(text_hash, now):
            return None
        known = (self.secret_hash, self.previous_hash or "")
        if not any([hmac.compare_digest(one, text_hash) for one in known]):
            return "wrong_secret"
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and now >= self.expires_at else "replaced"

    def is_allowed_from(self, address: str) -> bool:
        """Whether it may be used from that address."""
        return is_allowed_from(address, self.ip_allow_list)

    def valid_until(self, text_hash: str) -> datetime | None:
        """When a text with that hash ends: a replaced one with its overlap."""
        is_current = hmac.compare_digest(self.secret_hash, text_hash)
        ends = (self.expires_at, None if is_current else self.previous_until)
        return min((end for end in ends if end is not None), default=None)

    def actor(self, until: datetime | None = None) -> Actor:
        """The caller when this key is presented in a text that is valid until then."""
        return Actor(
            kind="system_key" if self.kind == "system" else "api_key",
            organization_id=self.organization_id,
            subject_id=self.id,
            scopes=effective_scopes(self.role, self.scopes),
            livemode=self.livemode,
            role=self.acting_role,
            until=until,
        )

    def rotated(self, new_hash: str, *, now: datetime, overlap: timedelta) -> "ApiKey":
        """The same key with a new secret; the old one stays valid for the overlap."""
        keeps = overlap > timedelta(0)
        return self.changed(
            secret_hash=new_hash,
            previous_hash=self.secret_hash if keeps else None,
            previous_until=now + overlap if keeps else None,
        )

    def revoked(self, now: datetime) -> "ApiKey":
        """Never accepted again. Revoking twice keeps the first time."""
        if self.revoked_at is not None:
            return self
        return self.changed(revoked_at=now)

    def is_use_worth_noting(self, now: datetime) -> bool:
        """Last use is kept to the minute, so that not every request writes."""
        return self.last_used_at is None or now - self.last_used_at >= LAST_USED_PRECISION
