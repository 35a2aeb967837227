"""The MongoDB users and their rights: one per service on its own database, one for the topology job, one for Caddy.

A service whose database holds what may only be appended to gets a role of its own, collection by collection: MongoDB
has no way to take a right away again that a role for a whole database gives.
"""

from dataclasses import dataclass
from typing import Any, Final

from gateway_contracts.collections import COLLECTIONS, DATABASES

Roles = list[dict[str, str]]

TOPOLOGY_USER: Final = "topology"
"""Creates collections, indexes and validators everywhere; services may not change either."""
CADDY_USER: Final = "caddy"
CADDY_DATABASE: Final = "caddy"
MONGO_USERS: Final = (*DATABASES, TOPOLOGY_USER, CADDY_USER)
APPENDER: Final = "appender"
OBSERVER: Final = "observer"
"""Numbers about the server: size of databases, disk, memory. It reads no row and changes nothing."""
OBSERVERS: Final = (TOPOLOGY_USER, "svc-admin-api")
"""Users behind `gateway doctor` and the page of operations."""
_READ: Final = ("find", "listIndexes", "collStats")
_CHANGE: Final = ("update", "remove")


@dataclass(frozen=True)
class CustomRole:
    """A role that exists in one database and gives rights there alone."""

    database: str
    name: str
    privileges: tuple[dict[str, Any], ...]


def _appender(database: str) -> CustomRole:
    """Everything in every collection of the database, but no change where one may only append."""
    privileges = [_privilege(database, "", ("listCollections", "dbStats"))]
    for spec in COLLECTIONS:
        if spec.database == database:
            actions = (*_READ, "insert") if spec.append_only else (*_READ, "insert", *_CHANGE)
            privileges.append(_privilege(database, spec.name, actions))
    return CustomRole(database, APPENDER, tuple(privileges))


def _observer() -> CustomRole:
    sizes = [_privilege(database, "", ("dbStats",)) for database in sorted(DATABASES.values())]
    server: dict[str, Any] = {"resource": {"cluster": True}, "actions": ["serverStatus", "hostInfo"]}
    return CustomRole("admin", OBSERVER, (server, *sizes))


def _privilege(database: str, collection: str, actions: tuple[str, ...]) -> dict[str, Any]:
    return {"resource": {"db": database, "collection": collection}, "actions": list(actions)}


CUSTOM_ROLES: Final = (
    *(_appender(database) for database in sorted({spec.database for spec in COLLECTIONS if spec.append_only})),
    _observer(),
)
"""They are made before the users that have them."""


def roles_of(user: str) -> Roles:
    """Rights of the user.

    Raises:
        KeyError: there is no such user.
    """
    observing = [{"role": OBSERVER, "db": "admin"}] if user in OBSERVERS else []
    if user == TOPOLOGY_USER:
        of_all = [{"role": role, "db": db} for db in DATABASES.values() for role in ("readWrite", "dbAdmin")]
        return of_all + observing
    if user == CADDY_USER:
        return [{"role": "readWrite", "db": CADDY_DATABASE}]
    database = DATABASES[user]
    own = {role.name for role in CUSTOM_ROLES if role.database == database}
    return [{"role": APPENDER if APPENDER in own else "readWrite", "db": database}, *observing]


def password_variable(user: str) -> str:
    """The environment variable that holds a user's password where the stack is composed."""
    return "MONGO_PASSWORD_" + user.upper().replace("-", "_")
