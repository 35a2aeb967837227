"""Objects as the API answers them: with their links, and with what others made of them."""

from decimal import Decimal
from typing import Final

from gateway_simulators.mollie import links, money
from gateway_simulators.mollie.context import Call, public
from gateway_simulators.store import Json

EMBEDS: Final = {"captures": "capture", "chargebacks": "chargeback", "refunds": "refund"}
OPEN: Final = frozenset({"open", "pending"})
_GONE: Final = frozenset({"failed", "canceled"})


def payment(call: Call, entry: Json) -> Json:
    """The payment, with the embeds that were asked for."""
    view = public(entry)
    children = {name: of_payment(call, kind, entry) for name, kind in EMBEDS.items()}
    view["isCancelable"] = is_cancelable(entry)
    view |= _amounts(call, entry, children)
    base = f"{call.world.origin}/v2/payments/{entry['id']}"
    view["_links"] = {
        "self": links.hal(base),
        "dashboard": links.page(f"{links.DASHBOARD}/payments/{entry['id']}"),
        "documentation": links.documentation("get-payment"),
        **_checkout(call, entry),
        **{name: links.hal(f"{base}/{name}") for name, found in children.items() if found},
    }
    wanted = [name for name in call.query.get("embed", "").split(",") if name in children]
    if wanted:
        view["_embedded"] = {name: [child(call, EMBEDS[name], each) for each in children[name]] for name in wanted}
    return view


def child(call: Call, kind: str, entry: Json) -> Json:
    """A refund, a chargeback or a capture of a payment."""
    base = f"{call.world.origin}/v2/payments/{entry['paymentId']}"
    return {
        **public(entry),
        "_links": {
            "self": links.hal(f"{base}/{kind}s/{entry['id']}"),
            "payment": links.hal(base),
            "documentation": links.documentation(f"get-{kind}"),
        },
    }


def webhook(call: Call, entry: Json) -> Json:
    """A subscription to events."""
    return {
        **public(entry),
        "_links": {
            "self": links.hal(f"{call.world.origin}/v2/webhooks/{entry['id']}"),
            "documentation": links.documentation("get-webhook"),
        },
    }


def is_cancelable(entry: Json) -> bool:
    """Whether the merchant may still end the payment."""
    return bool(entry["status"] in ("open", "authorized"))


def of_payment(call: Call, kind: str, entry: Json) -> list[Json]:
    """Objects that belong to a payment, newest first."""
    return [found for found in call.mine(kind) if found["paymentId"] == entry["id"]]


def total(entries: list[Json]) -> Decimal:
    """The sum of the entries that are not without effect."""
    counted = [entry for entry in entries if entry.get("status") not in _GONE and not entry.get("reversedAt")]
    return sum((money.value_of(entry["amount"]) for entry in counted), Decimal(0))


def taken(call: Call, entry: Json) -> Decimal:
    """The paid amount; of an authorized payment only the captured one."""
    captures = of_payment(call, "capture", entry)
    return total(captures) if captures else money.value_of(entry["amount"])


def _amounts(call: Call, entry: Json, children: dict[str, list[Json]]) -> Json:
    currency = entry["amount"]["currency"]
    amounts: Json = {}
    if entry["status"] == "authorized" or children["captures"]:
        amounts["amountCaptured"] = money.amount(currency, total(children["captures"]))
    if entry["status"] != "paid":
        return amounts
    refunded = total(children["refunds"])
    amounts["amountRefunded"] = money.amount(currency, refunded)
    amounts["amountRemaining"] = money.amount(currency, taken(call, entry) - refunded)
    if children["chargebacks"]:
        amounts["amountChargedBack"] = money.amount(currency, total(children["chargebacks"]))
    return amounts


def _checkout(call: Call, entry: Json) -> Json:
    if entry["status"] not in OPEN:
        return {}
    page = links.page(f"{call.world.origin}/checkout/{entry['id']}?token={entry['_token']}")
    return {"checkout": page} | ({"changePaymentState": page} if entry["mode"] == "test" else {})
