"""Next-generation webhooks: signed events to subscriptions."""

from typing import Final

from gateway_simulators.ids import new_id, random_text
from gateway_simulators.mollie import fields, views
from gateway_simulators.mollie.context import Call
from gateway_simulators.mollie.errors import unprocessable
from gateway_simulators.store import Json

_TYPES: Final = {
    "payment": "paid authorized failed canceled expired pending",
    "refund": "queued pending processing refunded failed canceled",
    "chargeback": "received reversed",
    "capture": "succeeded failed",
    "payment-link": "paid",
    "balance-transaction": "created",
    "sales-invoice": "created issued canceled paid",
}
TYPES: Final = frozenset({"*", *(f"{kind}.{name}" for kind, names in _TYPES.items() for name in names.split(" "))})


def subscribe(call: Call, given: Json, *, secret: str | None = None) -> Json:
    """A new subscription; its answer is the only one that shows the signing secret.

    Raises:
        ApiError: the address or the types of events are missing or wrong.
    """
    hook = call.save(
        "webhook",
        {
            "resource": "webhook",
            "id": new_id("hook", 22),
            "mode": call.caller.mode,
            "url": fields.url(given, "url", required=True),
            "name": str(given.get("name") or "Webhook"),
            "profileId": call.caller.account,
            "eventTypes": _types(given.get("eventTypes")),
            "status": "enabled",
            "createdAt": call.now,
            "_secret": secret or random_text(40),
        },
    )
    return {**views.webhook(call, hook), "webhookSecret": hook["_secret"]}


def create(call: Call) -> Json:
    """See `subscribe`; by the API the name is required and the secret is Mollie's choice.

    Raises:
        ApiError: a field is missing, unknown or wrong.
    """
    fields.refuse_unknown(call.params, fields.WEBHOOK)
    if not call.params.get("name"):
        raise unprocessable("The name is required", "name")
    return subscribe(call, call.params)


def update(call: Call, hook: Json) -> Json:
    """Changes name, address or types.

    Raises:
        ApiError: a field is unknown or wrong.
    """
    fields.refuse_unknown(call.params, fields.WEBHOOK)
    changes: Json = {}
    if "name" in call.params:
        changes["name"] = str(call.params["name"])
    if "url" in call.params:
        changes["url"] = fields.url(call.params, "url", required=True)
    if "eventTypes" in call.params:
        changes["eventTypes"] = _types(call.params["eventTypes"])
    return views.webhook(call, call.save("webhook", {**hook, **changes}))


def ping(call: Call, hook: Json) -> None:
    """Sends a test event to this subscription alone."""
    call.emit("hook.ping", "", views.webhook(call, hook), hook=hook["id"])


def _types(given: object) -> list[str]:
    types = given.split(",") if isinstance(given, str) else given
    if not isinstance(types, list) or not types or not all(isinstance(name, str) and name in TYPES for name in types):
        raise unprocessable("The eventTypes are invalid", "eventTypes")
    return types
