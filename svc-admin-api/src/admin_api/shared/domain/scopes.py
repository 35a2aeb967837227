"""Scopes of API keys: ``resource:action``, ``*`` for either part."""

from collections.abc import Sequence
from typing import Final

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden, Invalid

ACTIONS: Final[dict[str, str]] = {
    "checkout": "read create update",
    "transaction": "read create update delete execute",
    "invoice": "read create update execute delete",
    "credit_note": "read execute",
    "client": "read create update delete execute",
    "site": "read create delete update",
    "provider": "read create update delete",
    "domain": "read create delete execute",
    "api_key": "read create update delete execute",
    "organization": "read update execute",
    "event": "read",
    "tax_rule": "read create update delete",
    "tax_rate": "read create update delete execute",
    "tax_report": "read execute",
    "tax_record": "read",
    "data_io": "read execute",
    "export": "execute",
    "portal": "create",
    "vies": "read execute",
    "userprofile": "read update execute",
}
"""Actions by resource."""
_ALL_ACTIONS: Final = ("create", "read", "update", "delete", "execute", "*")

SCOPES: Final = frozenset(
    f"{resource}:{action}" for resource, actions in ACTIONS.items() for action in (*actions.split(), "*")
) | frozenset(f"*:{action}" for action in _ALL_ACTIONS)
"""Scopes that a key of an organization may carry."""

SYSTEM_SCOPES: Final = ("system:*", "organization:*", "api_key:*")
"""What the first system key may do: run the installation, make organizations and their keys."""

_SYSTEM_ACTIONS: Final[dict[str, str]] = {
    "system": "read execute",
    "organization": "create read update delete execute",
    "api_key": "read create update delete execute",
}
SYSTEM_KEY_SCOPES: Final = frozenset(
    f"{resource}:{action}" for resource, actions in _SYSTEM_ACTIONS.items() for action in (*actions.split(), "*")
)
"""Scopes that a system key may carry."""


def checked_scopes(wanted: Sequence[str], granter: Actor, *, is_system_key: bool = False) -> tuple[str, ...]:
    """The scopes without repetition, in order.

    Raises:
        Invalid: there is no such scope, or none at all.
        Forbidden: the granter does not hold what it would grant (who runs the installation may grant any to the keys
            of organizations).
    """
    if not wanted:
        raise Invalid.field("scopes", "at least one scope is required")
    known = SYSTEM_KEY_SCOPES if is_system_key else SCOPES
    is_free = granter.role == "global" and not is_system_key
    for index, scope in enumerate(wanted):
        if scope not in known:
            raise Invalid.field(f"scopes[{index}]", f"there is no scope {scope}", code="UNKNOWN_SCOPE")
        if not is_free and not holds(granter, scope):
            raise Forbidden(
                f"this credential lacks {scope} and cannot grant it", code="SCOPE_NOT_GRANTABLE", scope=scope
            )
    return tuple(dict.fromkeys(wanted))


def holds(granter: Actor, scope: str) -> bool:
    """Whether everything that the scope allows is allowed to the granter."""
    resource, action = scope.split(":")
    if resource == "*" or action == "*":
        covering = {"*:*", "*", scope}
    else:
        return granter.allows(scope)
    return bool(covering & set(granter.scopes))
