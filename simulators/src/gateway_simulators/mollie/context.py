"""Context of every operation of the API."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from gateway_simulators.clock import SimulatedClock, Timers
from gateway_simulators.ids import new_id
from gateway_simulators.mollie import links
from gateway_simulators.mollie.accounts import Caller
from gateway_simulators.mollie.errors import not_found
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store


class Outgoing(Protocol):
    """Where events go when they have happened."""

    def accept(self, event: Json) -> None: ...


@dataclass(frozen=True)
class World:
    """The simulator's parts; ``origin`` is its own public origin."""

    store: Store
    rules: Rules
    outgoing: Outgoing
    now: SimulatedClock
    origin: str
    timers: Timers


@dataclass(frozen=True)
class Call:
    """One API call of one account."""

    world: World
    caller: Caller
    params: Json = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)

    @classmethod
    def for_owner(cls, world: World, entry: Json) -> "Call":
        """A call of the account that owns the object, for what the customer, the bank or a clock does."""
        return cls(world, Caller(entry["_account"], entry["mode"] == "live"))

    @property
    def now(self) -> str:
        """As Mollie writes a moment."""
        return moment(self.world.now())

    def find(self, kind: str, object_id: str) -> Json:
        """An object of this account.

        Raises:
            ApiError: the account has no such object (it may be another's).
        """
        found = self.world.store.get(kind, object_id)
        if found is None or found["_account"] != self.caller.account:
            raise not_found(kind, object_id)
        return found

    def mine(self, kind: str) -> list[Json]:
        """All of the account's objects of one kind, newest first."""
        return [entry for entry in self.world.store.newest_first(kind) if entry["_account"] == self.caller.account]

    def save(self, kind: str, entry: Json) -> Json:
        """Stores the object under its id, as one of this account."""
        return self.world.store.put(kind, entry["id"], {**entry, "_account": self.caller.account})

    def emit(self, event_type: str, payment_id: str, entity: Json, *, hook: str | None = None) -> Json:
        """Records that something changed about a payment, and sends it to its subscribers.

        Args:
            entity: as the API shows it.
            hook: the only subscription that gets it.
        """
        event_id = new_id("event")
        event = {
            "resource": "event",
            "id": event_id,
            "type": event_type,
            "entityId": entity["id"],
            "createdAt": self.now,
            "_embedded": {"entity": entity},
            "_links": {
                "self": links.hal(f"{self.world.origin}/v2/events/{event_id}"),
                "entity": entity["_links"]["self"],
                "documentation": links.documentation("get-webhook-event"),
            },
            "_account": self.caller.account,
            "_payment": payment_id,
            "_hook": hook,
        }
        self.world.store.put("event", event["id"], event)
        self.world.outgoing.accept(event)
        return event


def moment(unix_s: float) -> str:
    """``2026-01-15T12:00:00+00:00``."""
    return datetime.fromtimestamp(int(unix_s), UTC).isoformat()


def public(stored: Json) -> Json:
    """The public view of a stored object: internal notes begin with an underscore, Mollie's ``_links`` do too."""
    return {
        name: value for name, value in stored.items() if name in ("_links", "_embedded") or not name.startswith("_")
    }
