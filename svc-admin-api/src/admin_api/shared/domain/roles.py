"""Roles of people and keys within an organization: what each may do, as data.

A caller's effective rights are what its role allows and its scopes cover, both.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from admin_api.shared.domain.scopes import ACTIONS
from gateway_contracts.actor import Actor, Role
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Forbidden

RANKS: Final[Mapping[Role, int]] = {"viewer": 1, "support": 2, "admin": 3, "global": 4}
"""A role includes everything that a lower one allows. ``global`` is above the organizations."""

INSTALLATION: Final = ""
"""The organization id of those who run the installation: their role is ``global``."""


def scope_of(organization_id: str) -> Scope:
    """The scope of what an organization, or the installation, has in both modes."""
    return Scope.installation() if organization_id == INSTALLATION else Scope(organization_id)


ORGANIZATION_ROLES: Final[tuple[Role, ...]] = ("viewer", "support", "admin")
"""What a member of an organization may be."""

_HIDDEN_FROM_VIEWERS: Final = frozenset({"api_key:read"})
_VIEWER: Final = tuple(
    f"{resource}:read"
    for resource, actions in ACTIONS.items()
    if "read" in actions.split() and f"{resource}:read" not in _HIDDEN_FROM_VIEWERS
)
_SUPPORT: Final = (
    *_VIEWER,
    "checkout:create",
    "checkout:update",
    "transaction:create",
    "transaction:update",
    "transaction:execute",
    "client:create",
    "client:update",
    "client:execute",
    "invoice:create",
    "invoice:update",
    "invoice:execute",
    "credit_note:execute",
    "domain:execute",
    "portal:create",
)
ROLE_SCOPES: Final[Mapping[Role, tuple[str, ...]]] = {
    "viewer": _VIEWER,
    "support": _SUPPORT,
    "admin": ("*:*",),
    "global": ("*:*",),
}
"""The scopes that a role allows. What needs more than its scope (void, audit) names the least role at its route."""


def role_allows(role: Role, scope: str) -> bool:
    """Whether the role allows the scope, with ``*`` on either side."""
    return Actor(kind="operator", scopes=ROLE_SCOPES[role]).allows(scope)


def lowest_role(scope: str) -> Role:
    """The least role that may do this; for the reference."""
    return next(role for role in ORGANIZATION_ROLES if role_allows(role, scope))


def effective_scopes(role: Role, granted: Sequence[str]) -> tuple[str, ...]:
    """The scopes that the role allows and the grant covers."""
    if ROLE_SCOPES[role] == ("*:*",):
        return tuple(granted)
    holder = Actor(kind="api_key", scopes=tuple(granted))
    return tuple(scope for scope in ROLE_SCOPES[role] if holder.allows(scope))


def require_role(actor: Actor, role: Role) -> None:
    """
    Raises:
        Forbidden: the actor's role is lower.
    """
    if actor.role is None or RANKS[actor.role] < RANKS[role]:
        raise Forbidden(f"this needs the role {role}", code="MISSING_ROLE", requiredRole=role)
