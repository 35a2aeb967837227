"""The MongoDB users and their rights: one per service on its own database, one for the topology job, one for Caddy."""

from typing import Final

from gateway_contracts.collections import DATABASES

Roles = list[dict[str, str]]

TOPOLOGY_USER: Final = "topology"
"""Creates collections, indexes and validators everywhere; services may not change either."""
CADDY_USER: Final = "caddy"
CADDY_DATABASE: Final = "caddy"
MONGO_USERS: Final = (*DATABASES, TOPOLOGY_USER, CADDY_USER)


def roles_of(user: str) -> Roles:
    """What the user may do.

    Raises:
        KeyError: there is no such user.
    """
    if user == TOPOLOGY_USER:
        return [{"role": role, "db": db} for db in DATABASES.values() for role in ("readWrite", "dbAdmin")]
    if user == CADDY_USER:
        return [{"role": "readWrite", "db": CADDY_DATABASE}]
    return [{"role": "readWrite", "db": DATABASES[user]}]


def password_variable(user: str) -> str:
    """The environment variable that holds a user's password where the stack is composed."""
    return "MONGO_PASSWORD_" + user.upper().replace("-", "_")
