"""Context of every operation of the API."""

import hashlib
import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from gateway_simulators.clock import SimulatedClock, Timers
from gateway_simulators.delivery import Deliveries
from gateway_simulators.paypal.errors import not_found
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store

_CHARACTERS: Final = string.digits + string.ascii_uppercase


def new_id(prefix: str = "") -> str:
    """Such as ``5O190127TN364715T``."""
    return prefix + "".join(secrets.choice(_CHARACTERS) for _ in range(17))


def account_of_client(client_id: str) -> str:
    """Every client id is an application of its own."""
    return "M" + hashlib.sha256(client_id.encode(errors="replace")).hexdigest()[:12].upper()


@dataclass(frozen=True)
class World:
    """The simulator's parts. ``now`` gives Unix seconds of the simulated clock."""

    store: Store
    rules: Rules
    deliveries: Deliveries
    now: SimulatedClock
    origin: str
    day_s: float
    timers: Timers = field(init=False)

    def use(self, timers: Timers) -> None:
        """Timers call back into this world, so they come after it."""
        object.__setattr__(self, "timers", timers)

    def text_now(self) -> str:
        """As PayPal writes a time."""
        return self.text_at(0)

    def text_at(self, later_s: float) -> str:
        """The time in so many seconds from now."""
        return datetime.fromtimestamp(self.now() + later_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Call:
    """One operation of one account.

    Attributes:
        operations: of a ``PATCH``, whose body is a list.
        raw: the body as it came.
    """

    world: World
    account: str
    body: Json = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    operations: list[Any] = field(default_factory=list)
    raw: bytes = b""
    request_id: str | None = None

    def find(self, kind: str, identifier: str) -> Json:
        """A resource of this account.

        Raises:
            ApiError: the account has none of that id (it may be another's).
        """
        found = self.world.store.get(kind, identifier)
        if found is None or found["_account"] != self.account:
            raise not_found()
        return found

    def mine(self, kind: str) -> list[Json]:
        """All of the account's resources of one kind, newest first."""
        return [entry for entry in self.world.store.newest_first(kind) if entry["_account"] == self.account]

    def save(self, kind: str, entry: Json, **changes: Any) -> Json:
        """Stores the resource with the changes."""
        kept = {**entry, **changes, "_account": self.account, "update_time": self.world.text_now()}
        return self.world.store.put(kind, entry["id"], kept)

    def link(self, path: str, relation: str, method: str = "GET") -> Json:
        """A link of a resource."""
        return {"href": f"{self.world.origin}{path}", "rel": relation, "method": method}

    def emit(self, event_type: str, resource: Json, kind: str, *, order_id: str = "", summary: str = "") -> Json:
        """Reports what happened to a resource."""
        identifier = f"WH-{new_id()}-{new_id()}"
        event: Json = {
            "id": identifier,
            "event_version": "1.0",
            "create_time": datetime.fromtimestamp(self.world.now(), UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "resource_type": kind,
            "resource_version": "2.0",
            "event_type": event_type,
            "summary": summary or event_type.replace(".", " ").lower(),
            "resource": public(resource),
            "links": [
                self.link(f"/v1/notifications/webhooks-events/{identifier}", "self"),
                self.link(f"/v1/notifications/webhooks-events/{identifier}/resend", "resend", "POST"),
            ],
            "type": event_type,
            "_account": self.account,
            "_order": order_id,
        }
        self.world.store.put("event", identifier, event)
        self.world.deliveries.accept(event)
        return event


def public(stored: Json) -> Json:
    """The public view of a stored resource: internal notes begin with an underscore."""
    return {name: value for name, value in stored.items() if not name.startswith("_")}
