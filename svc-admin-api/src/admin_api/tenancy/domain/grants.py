"""Rights that a credential may grant: at most its own."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from admin_api.shared.domain.roles import RANKS, ROLE_SCOPES
from admin_api.shared.domain.scopes import SYSTEM_SCOPES, checked_scopes, holds
from admin_api.tenancy.domain.api_key import ApiKey
from gateway_contracts.actor import Actor, Role
from gateway_contracts.errors import Forbidden

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_KEYS: Final = frozenset({"api_key", "system_key"})


@dataclass(frozen=True)
class Grant:
    """The limits of a caller.

    Attributes:
        networks: of the caller's key; none means anywhere.
        until: the caller's key is refused from then on; None means never.
    """

    actor: Actor
    networks: tuple[str, ...] = ()
    until: datetime | None = None

    def check_key(self, key: ApiKey) -> None:
        """A key that the caller makes, changes or gets the text of.

        Keys of the installation give the keys of organizations any scope, address list and end: that is their purpose.

        Raises:
            Invalid: an unknown scope.
            Forbidden: it would be stronger than the caller.
        """
        is_system_key = key.kind == "system"
        checked_scopes(key.scopes, self.actor, is_system_key=is_system_key)
        self._check_rank(key.role)
        if self.actor.kind == "api_key" and key.livemode != self.actor.livemode:
            raise Forbidden("a key can create keys of its own mode only", code="LIVEMODE_MISMATCH")
        if self._runs_installation and not is_system_key:
            return
        if not _within(key.ip_allow_list, self.networks):
            raise Forbidden(
                "a key with an address list can create keys for these addresses only", code="ADDRESSES_NOT_GRANTABLE"
            )
        if self.until is not None and (key.expires_at is None or key.expires_at > self.until):
            raise Forbidden(
                "a key cannot create a key that expires later than itself",
                code="EXPIRY_NOT_GRANTABLE",
                expiresAtMax=self.until.isoformat(),
            )

    def check_role(self, role: Role) -> None:
        """A role that the caller gives to a person, who signs in from anywhere and without an end.

        Raises:
            Forbidden: the person could do more than the caller.
        """
        self._check_rank(role)
        if self._runs_installation and role != "global":
            return
        scopes = SYSTEM_SCOPES if role == "global" else ROLE_SCOPES[role]
        if missing := [scope for scope in scopes if not holds(self.actor, scope)]:
            raise Forbidden(
                f"this credential cannot grant the role {role}: it lacks {missing[0]}", code="ROLE_NOT_GRANTABLE"
            )
        if self.networks or self.until is not None:
            raise Forbidden(
                "a key with an address list or an expiry cannot give a role, because members have neither",
                code="ROLE_NOT_GRANTABLE",
            )

    @property
    def _runs_installation(self) -> bool:
        return self.actor.role == "global"

    def _check_rank(self, role: Role) -> None:
        if self.actor.role is None or RANKS[role] > RANKS[self.actor.role]:
            raise Forbidden(f"this credential cannot grant the role {role}", code="ROLE_NOT_GRANTABLE")


def has_key(actor: Actor) -> bool:
    """Whether a stored key, and not a person, makes the request."""
    return actor.kind in _KEYS


def _within(wanted: Sequence[str], limits: Sequence[str]) -> bool:
    """Whether every address of ``wanted`` (none: all addresses) lies in ``limits``."""
    if not limits:
        return True
    return bool(wanted) and all(_is_covered(ipaddress.ip_network(text), limits) for text in wanted)


def _is_covered(network: Network, limits: Sequence[str]) -> bool:
    # Two neighbours may cover together what neither covers alone.
    known = [ipaddress.ip_network(text) for text in limits]
    if isinstance(network, ipaddress.IPv4Network):
        own = [limit for limit in known if isinstance(limit, ipaddress.IPv4Network)]
        return any(network.subnet_of(limit) for limit in ipaddress.collapse_addresses(own))
    others = [limit for limit in known if isinstance(limit, ipaddress.IPv6Network)]
    return any(network.subnet_of(limit) for limit in ipaddress.collapse_addresses(others))
