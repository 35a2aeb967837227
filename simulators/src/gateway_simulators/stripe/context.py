"""Context of every operation of the API."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway_simulators.clock import Timers
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json, Store
from gateway_simulators.stripe.accounts import Caller
from gateway_simulators.stripe.errors import ApiError, no_such
from gateway_simulators.stripe.events import Outgoing, new_event
from gateway_simulators.stripe.forms import Params


@dataclass(frozen=True)
class World:
    """The simulator's parts. ``now`` gives Unix seconds; ``origin`` is the simulator's own public origin."""

    store: Store
    rules: Rules
    outgoing: Outgoing
    now: Callable[[], float]
    origin: str
    timers: Timers


@dataclass(frozen=True)
class Call:
    """One API call of one account."""

    world: World
    caller: Caller
    params: Params = field(default_factory=dict)
    request_id: str | None = None
    idempotency_key: str | None = None

    @property
    def now(self) -> int:
        """Unix seconds."""
        return int(self.world.now())

    def find(self, kind: str, object_id: str, param: str = "id") -> Json:
        """An object of this account.

        Raises:
            ApiError: the account has no such object (it may be another's).
        """
        found = self.world.store.get(kind, object_id)
        if found is None or found["_account"] != self.caller.account:
            raise no_such(kind, object_id, param)
        return found

    def mine(self, kind: str) -> list[Json]:
        """All of the account's objects of one kind, newest first."""
        return [entry for entry in self.world.store.newest_first(kind) if entry["_account"] == self.caller.account]

    def save(self, kind: str, entry: Json) -> Json:
        """Stores the object under its id, as one of this account."""
        return self.world.store.put(kind, entry["id"], {**entry, "_account": self.caller.account})

    @classmethod
    def for_owner(cls, world: World, entry: Json) -> "Call":
        """A call of the account that owns the object, for what the bank or a clock does."""
        live = entry["livemode"] if "livemode" in entry else entry["_livemode"]
        return cls(world, Caller(entry["_account"], live, publishable=False))

    def emit(self, kind: str, subject: Json) -> Json:
        """Records an event and hands it to the endpoints."""
        event = new_event(
            kind,
            subject,
            caller=self.caller,
            now=self.now,
            request_id=self.request_id,
            key=self.idempotency_key,
        )
        self.world.store.put("event", event["id"], event)
        self.world.outgoing.accept(event)
        return event


def intent_for(call: Call, intent_id: str) -> Json:
    """The intent, if the caller may touch it: with a secret key, or with its client secret.

    Raises:
        ApiError: unknown, another account's, or the client secret is missing or wrong.
    """
    intent = call.find("payment_intent", intent_id, "intent")
    if call.caller.publishable and call.params.get("client_secret") != intent["client_secret"]:
        raise ApiError(
            400,
            "The client_secret provided does not match the client_secret of this payment_intent.",
            code="payment_intent_invalid_parameter" if call.params.get("client_secret") else "parameter_missing",
            param="client_secret",
        )
    return intent
