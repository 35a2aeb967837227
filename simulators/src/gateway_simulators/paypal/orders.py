"""Orders: made, approved on PayPal's page, captured or authorized by the merchant."""

from typing import Any, Final

from gateway_simulators.paypal import payers, units
from gateway_simulators.paypal.authorizations import new_authorization
from gateway_simulators.paypal.captures import capture_order_amount
from gateway_simulators.paypal.context import Call, new_id, public
from gateway_simulators.paypal.errors import invalid, unprocessable
from gateway_simulators.paypal.fields import objects, part
from gateway_simulators.store import Json

OUTCOMES: Final = ("paid", "pending", "denied", "declined", "reversed")
"""What becomes of an approved order: captured at once, after a review, denied by the review, refused when it is
captured, or given up by PayPal because it was not captured."""
WAITING: Final = ("CREATED", "PAYER_ACTION_REQUIRED")
INTENTS: Final = ("CAPTURE", "AUTHORIZE")
_APPROVAL_LASTS_DAYS: Final = 3
_PAYMENTS: Final = {"authorization": "authorizations", "capture": "captures", "refund": "refunds"}


def create_order(call: Call) -> Json:
    """``POST /v2/checkout/orders``.

    Raises:
        ApiError: a parameter is missing or wrong.
    """
    intent = call.body.get("intent")
    if intent not in INTENTS:
        issue = "MISSING_REQUIRED_PARAMETER" if intent is None else "INVALID_PARAMETER_VALUE"
        raise invalid("/intent", f"intent is one of {', '.join(INTENTS)}.", issue)
    given = objects(call.body, "purchase_units", "/purchase_units")
    if len(given) != 1:
        raise invalid("/purchase_units", "One purchase unit is needed.", "MISSING_REQUIRED_PARAMETER")
    source = part(call.body, "payment_source")
    order: Json = {
        "id": new_id(),
        "intent": intent,
        "status": "PAYER_ACTION_REQUIRED" if "paypal" in source else "CREATED",
        "create_time": call.world.text_now(),
        "purchase_units": [units.unit_of(given[0], call.account)],
        "_payer": payers.known_payer(call.body),
        "_outcome": "paid",
        **_experience(call.body),
    }
    if order["_payer"]:
        order["payer"] = order["_payer"]
    if "paypal" in source:
        order["payment_source"] = {"paypal": {name: order["_payer"][name] for name in order["_payer"]}}
    return call.save("order", order)


def confirm_source(call: Call, order: Json) -> Json:
    """``POST /v2/checkout/orders/{id}/confirm-payment-source``: PayPal's wallet, named afterwards.

    Raises:
        ApiError: another way to pay, or the order is past that.
    """
    if order["status"] not in WAITING:
        raise unprocessable("ORDER_ALREADY_APPROVED", f"The order is {order['status']}")
    source = part(call.body, "payment_source")
    if "paypal" not in source:
        raise invalid("/payment_source", "A required field / parameter is missing.", "MISSING_REQUIRED_PARAMETER")
    payer = {**order["_payer"], **payers.known_payer(call.body)}
    changes = {"_payer": payer, **_experience(call.body), "payment_source": {"paypal": payer}}
    return call.save("order", order, status="PAYER_ACTION_REQUIRED", **changes)


def approve(call: Call, order: Json, outcome: str) -> Json:
    """The customer agrees on PayPal's page.

    Raises:
        ApiError: the order does not wait for that.
    """
    if order["status"] not in WAITING:
        raise unprocessable("ORDER_NOT_APPROVABLE", f"The order is {order['status']}")
    payer = payers.approved_payer(order["_payer"])
    [unit] = order["purchase_units"]
    if order["_ships"] and "shipping" not in unit:
        unit = {**unit, "shipping": payers.shipping_of(payer)}
    changes: Json = {"payer": payer, "payment_source": {"paypal": payers.wallet_of(payer)}, "purchase_units": [unit]}
    order = call.save("order", order, status="APPROVED", _outcome=outcome, **changes)
    due_at = call.world.now() + _APPROVAL_LASTS_DAYS * call.world.day_s
    call.world.timers.add("reversal", due_at, {"order": order["id"]})
    call.emit("CHECKOUT.ORDER.APPROVED", shown(call, order), "checkout-order", order_id=order["id"])
    return order


def reverse_approval(call: Call, order: Json) -> Json:
    """PayPal gives an approved order up that was not captured in time.

    Raises:
        ApiError: it is not approved.
    """
    if order["status"] != "APPROVED":
        raise unprocessable("ORDER_NOT_APPROVED", f"The order is {order['status']}")
    order = call.save("order", order, status="VOIDED")
    kept = [
        {name: unit[name] for name in ("reference_id", "custom_id") if name in unit} for unit in order["purchase_units"]
    ]
    resource = {"order_id": order["id"], "purchase_units": kept, "payment_source": order["payment_source"]}
    call.emit("CHECKOUT.PAYMENT-APPROVAL.REVERSED", resource, "payment", order_id=order["id"])
    return order


def capture_order(call: Call, order: Json) -> Json:
    """``POST /v2/checkout/orders/{id}/capture``.

    Raises:
        ApiError: not approved, captured before, another intent, or the customer's way to pay was refused.
    """
    _check_ready(call, order, "CAPTURE", "ORDER_ALREADY_CAPTURED")
    capture_order_amount(call, order)
    return call.save("order", order, status="COMPLETED")


def authorize_order(call: Call, order: Json) -> Json:
    """``POST /v2/checkout/orders/{id}/authorize``: the money is held, to be captured later.

    Raises:
        ApiError: not approved, authorized before, another intent, or the customer's way to pay was refused.
    """
    _check_ready(call, order, "AUTHORIZE", "ORDER_ALREADY_AUTHORIZED")
    new_authorization(call, order)
    return call.save("order", order, status="COMPLETED")


def shown(call: Call, order: Json) -> Json:
    """The order with its links, authorizations, captures and refunds."""
    [unit] = order["purchase_units"]
    payments: dict[str, Any] = {}
    for kind, name in _PAYMENTS.items():
        found = [entry for entry in call.world.store.newest_first(kind) if entry["_order"] == order["id"]]
        if found:
            payments[name] = [public(entry) for entry in found[::-1]]
    if payments:
        unit = {**unit, "payments": payments}
    return {**public(order), "purchase_units": [unit], "links": _links(call, order)}


def brief(order: Json) -> Json:
    """An order by ``Prefer: return=minimal``; of a completed one also payment and payer."""
    view: Json = {name: order[name] for name in ("id", "status", "payment_source", "links") if name in order}
    if order["status"] == "COMPLETED":
        [unit] = order["purchase_units"]
        kept = {name: unit[name] for name in ("reference_id", "shipping", "payments") if name in unit}
        view |= {"purchase_units": [kept], "payer": order["payer"]}
    return view


def _check_ready(call: Call, order: Json, intent: str, already: str) -> None:
    if order["intent"] != intent:
        raise unprocessable("ACTION_DOES_NOT_MATCH_INTENT", f"Order was created with an intent to '{order['intent']}'.")
    if order["status"] == "COMPLETED":
        raise unprocessable(already, "Order is completed already.")
    if order["status"] != "APPROVED":
        raise unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
    if order["_outcome"] == "declined":
        raise unprocessable("INSTRUMENT_DECLINED", "The instrument presented was declined by the processor or bank.")
    if order["_outcome"] == "reversed":
        reverse_approval(call, order)
        raise unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")


def _experience(body: Json) -> Json:
    """Where PayPal's page sends the customer, and whether it asks for an address."""
    source = part(part(body, "payment_source"), "paypal", "/payment_source/paypal")
    inside = part(source, "experience_context", "/payment_source/paypal/experience_context")
    context = inside or part(body, "application_context")
    ships = context.get("shipping_preference", "GET_FROM_FILE") != "NO_SHIPPING"
    return {"_return_url": context.get("return_url"), "_cancel_url": context.get("cancel_url"), "_ships": ships}


def _links(call: Call, order: Json) -> list[Json]:
    path, verb = f"/v2/checkout/orders/{order['id']}", order["intent"].lower()
    links = [call.link(path, "self")]
    if order["status"] in WAITING:
        relation = "payer-action" if order["status"] == "PAYER_ACTION_REQUIRED" else "approve"
        links.append(call.link(f"/checkoutnow?token={order['id']}", relation))
    if order["status"] in (*WAITING, "APPROVED"):
        links += [call.link(path, "update", "PATCH"), call.link(f"{path}/{verb}", verb, "POST")]
    return links
