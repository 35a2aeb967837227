"""The stack's own secrets: random, generated once, kept with mode 0600."""

import secrets
from dataclasses import asdict, dataclass

from gateway_contracts.collections import DATABASES
from gateway_embedded.layout import Layout, read_json, write_json
from gateway_kit.mongo.users import TOPOLOGY_USER
from gateway_kit.nats.permissions import NATS_USERS

# Caddy keeps its certificates on disk here.
MONGO_USERS = (*DATABASES, TOPOLOGY_USER)


@dataclass(frozen=True)
class Credentials:
    """Keys and passwords. ``nats`` and ``mongodb`` are by user name."""

    system_encryption_key: str
    system_search_hash_key: str
    mongodb_root: str
    mongodb: dict[str, str]
    nats: dict[str, str]
    stripe_account: str
    """What follows ``sk_test_`` and ``pk_test_`` in the keys of the simulated Stripe account."""

    def __repr__(self) -> str:
        return "Credentials(…)"


def load_credentials(layout: Layout) -> Credentials:
    """The kept secrets; users that are new since then get theirs."""
    kept = read_json(layout.secrets)
    known_mongo, known_nats = kept.get("mongodb", {}), kept.get("nats", {})
    credentials = Credentials(
        system_encryption_key=kept.get("system_encryption_key") or secrets.token_hex(32),
        system_search_hash_key=kept.get("system_search_hash_key") or secrets.token_hex(32),
        mongodb_root=kept.get("mongodb_root") or _password(),
        mongodb={user: known_mongo.get(user) or _password() for user in MONGO_USERS},
        nats={user: known_nats.get(user) or _password() for user in NATS_USERS},
        stripe_account=kept.get("stripe_account") or secrets.token_hex(12),
    )
    write_json(layout.secrets, asdict(credentials))
    return credentials


def _password() -> str:
    # A leading letter: NATS reads what begins with a digit as a number when it comes from the environment.
    return "p" + secrets.token_hex(20)
