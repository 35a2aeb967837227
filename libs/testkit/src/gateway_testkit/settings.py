"""Settings of a service that a test runs in its own process."""

import secrets
from typing import Any, TypeVar

from gateway_kit.settings import KitSettings
from gateway_testkit.plugin import TestDatabase
from gateway_testkit.servers import NatsServer

S = TypeVar("S", bound=KitSettings)


def settings_for(kind: type[S], nats: NatsServer, database: TestDatabase | None = None, **changes: Any) -> S:
    """The settings of a service on the servers of this run: fresh system keys, the one user of the test broker.

    Args:
        kind: the service's own class.
        nats: the broker.
        database: the service's database, where it has one.
        changes: values of the service's own, or other ones than these.
    """
    values: dict[str, Any] = {
        "environment": "development",
        "nats_url": nats.url,
        "nats_user": "",
        "nats_password": "",
        "system_encryption_key": secrets.token_hex(32),
        "system_search_hash_key": secrets.token_hex(32),
    }
    if database is not None:
        values |= {"mongodb_uri": database.uri, "mongodb_database": database.name}
    return kind(**values | changes)
