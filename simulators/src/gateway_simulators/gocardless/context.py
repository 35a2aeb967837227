"""Context of every operation of the API."""

import hashlib
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from gateway_simulators.clock import SimulatedClock, Timers
from gateway_simulators.delivery import Deliveries
from gateway_simulators.gocardless.errors import ApiError, invalid, not_found
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store

BATCH_MAX: Final = 250
METADATA_KEYS_MAX: Final = 3
_CHARACTERS: Final = string.digits + string.ascii_uppercase


def new_id(prefix: str) -> str:
    """Such as ``PM01ABCDEF``."""
    return prefix + "".join(secrets.choice(_CHARACTERS) for _ in range(20))


@dataclass(frozen=True)
class World:
    """The simulator's parts. ``now`` gives Unix seconds of the simulated clock."""

    store: Store
    rules: Rules
    deliveries: Deliveries
    now: SimulatedClock
    origin: str
    day_s: float
    with_refunds: bool
    timers: Timers = field(init=False)

    def use(self, timers: Timers) -> None:
        """Timers call back into this world, so they come after it."""
        object.__setattr__(self, "timers", timers)

    def text_now(self) -> str:
        """As GoCardless writes a time."""
        return self.text_at(0)

    def text_at(self, later_s: float) -> str:
        """The time in so many seconds from now."""
        at = datetime.fromtimestamp(self.now() + later_s, UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def account_of_token(token: str) -> str:
    """
    Raises:
        ApiError: the text is no access token.
    """
    if not token.startswith(("sandbox_", "live_")) or len(token) < 12:
        raise ApiError(401, "The access token you've used is not a valid sandbox API access token")
    return "CR" + hashlib.sha256(token.encode()).hexdigest()[:16].upper()


@dataclass
class Call:
    """One operation of one account. What it reports goes out together when it is done, as GoCardless batches."""

    world: World
    account: str
    body: Json = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    idempotency_key: str | None = None
    reported: list[Json] = field(default_factory=list)

    def find(self, kind: str, identifier: str) -> Json:
        """A resource of this account.

        Raises:
            ApiError: the account has none of that id (it may be another's).
        """
        found = self.world.store.get(kind, identifier)
        if found is None or found["_account"] != self.account:
            raise not_found(identifier)
        return found

    @staticmethod
    def link(given: Json, name: str) -> str:
        """The id of a resource that the caller names under ``links``.

        Raises:
            ApiError: it names none.
        """
        links = given.get("links")
        identifier = links.get(name) if isinstance(links, dict) else None
        if not isinstance(identifier, str) or not identifier:
            raise invalid(f"links.{name}", "is required")
        return identifier

    def mine(self, kind: str) -> list[Json]:
        """All of the account's resources of one kind, newest first."""
        return [entry for entry in self.world.store.newest_first(kind) if entry["_account"] == self.account]

    def save(self, kind: str, entry: Json, **changes: Any) -> Json:
        """Stores the resource with the changes."""
        return self.world.store.put(kind, entry["id"], {**entry, **changes, "_account": self.account})

    def emit(self, kind: str, action: str, resource: Json, *, cause: str | None = None, **details: Any) -> Json:
        """Reports what happened to a resource; `send` lets it go."""
        singular = kind[:-1]
        event: Json = {
            "id": new_id("EV"),
            "created_at": self.world.text_now(),
            "resource_type": kind,
            "action": action,
            "links": {singular: resource["id"]},
            "details": {"origin": "gocardless", "cause": cause or f"{singular}_{action}", "description": ""} | details,
            "metadata": {},
            "customer_notifications": [],
            "source": {"name": "Simulator", "type": "app"},
            "resource_metadata": resource.get("metadata", {}),
            "_account": self.account,
        }
        self.world.store.put("single", event["id"], event)
        self.reported.append(event)
        return event

    def send(self) -> None:
        """Hands over what was reported, up to 250 events in one body."""
        while self.reported:
            batch, self.reported = self.reported[:BATCH_MAX], self.reported[BATCH_MAX:]
            types = list(dict.fromkeys(f"{event['resource_type']}.{event['action']}" for event in batch))
            record: Json = {
                "id": new_id("WB"),
                "type": ",".join(types),
                "events": [public(event) for event in batch],
                "_account": self.account,
                "_subject": _subject_of(batch[0]),
            }
            self.world.store.put("event", record["id"], record)
            self.world.deliveries.accept(record)


def _subject_of(event: Json) -> str:
    return str(next(iter(event["links"].values()), ""))


def public(stored: Json) -> Json:
    """The public view of a stored resource: internal notes begin with an underscore."""
    return {name: value for name, value in stored.items() if not name.startswith("_")}


def metadata_of(given: Json) -> dict[str, str]:
    """
    Raises:
        ApiError: more than three keys, or something else than short texts.
    """
    metadata = given.get("metadata") or {}
    if not isinstance(metadata, dict) or len(metadata) > METADATA_KEYS_MAX:
        raise invalid("metadata", "has more than 3 keys")
    for key, value in metadata.items():
        if not isinstance(value, str) or len(key) > 50 or len(value) > 500:
            raise invalid("metadata", "has keys of at most 50 and texts of at most 500 characters")
    return metadata


Operation = Callable[[Call, str], Json]
