"""Orders: made, approved on PayPal's page, captured by the merchant."""

from typing import Any, Final

from gateway_simulators.paypal import amounts
from gateway_simulators.paypal.captures import new_capture
from gateway_simulators.paypal.context import Call, new_id, public
from gateway_simulators.paypal.errors import invalid, unprocessable
from gateway_simulators.store import Json

OUTCOMES: Final = ("paid", "pending", "denied", "declined", "reversed")
"""What becomes of an approved order: captured at once, after a review, denied by the review, refused when it is
captured, or given up by PayPal because nobody captured it."""
_APPROVAL_LASTS_DAYS: Final = 3
CUSTOM_ID_MAX: Final = 255


def create_order(call: Call) -> Json:
    """``POST /v2/checkout/orders``.

    Raises:
        ApiError: a parameter is missing or wrong.
    """
    if call.body.get("intent") != "CAPTURE":
        raise invalid("/intent", "Only CAPTURE is simulated.")
    units = call.body.get("purchase_units")
    if not isinstance(units, list) or len(units) != 1 or not isinstance(units[0], dict):
        raise invalid("/purchase_units", "One purchase unit is needed.", "MISSING_REQUIRED_PARAMETER")
    unit = units[0]
    amounts.read(unit.get("amount"))
    if len(str(unit.get("custom_id") or "")) > CUSTOM_ID_MAX:
        raise invalid("/purchase_units/@reference_id/custom_id", "The text is too long.", "INVALID_STRING_MAX_LENGTH")
    paypal = (call.body.get("payment_source") or {}).get("paypal")
    experience = (paypal or {}).get("experience_context") or call.body.get("application_context") or {}
    identifier = new_id()
    page = {"href": f"{call.world.origin}/checkoutnow?token={identifier}", "method": "GET"}
    known = ("reference_id", "custom_id", "invoice_id", "description", "amount")
    order: Json = {
        "id": identifier,
        "intent": "CAPTURE",
        "status": "PAYER_ACTION_REQUIRED" if paypal is not None else "CREATED",
        "create_time": call.world.text_now(),
        "purchase_units": [{"reference_id": "default"} | {name: unit[name] for name in known if unit.get(name)}],
        "payment_source": {"paypal": {}},
        "links": [
            call.link(f"/v2/checkout/orders/{identifier}", "self"),
            {**page, "rel": "payer-action" if paypal is not None else "approve"},
            call.link(f"/v2/checkout/orders/{identifier}/capture", "capture", "POST"),
        ],
        "_return_url": experience.get("return_url"),
        "_cancel_url": experience.get("cancel_url"),
        "_outcome": "paid",
    }
    return call.save("order", order)


def approve(call: Call, order: Json, outcome: str) -> Json:
    """The customer agrees on PayPal's page.

    Raises:
        ApiError: the order does not wait for that.
    """
    if order["status"] not in ("CREATED", "PAYER_ACTION_REQUIRED"):
        raise unprocessable("ORDER_NOT_APPROVABLE", f"The order is {order['status']}")
    payer = {"payer_id": new_id()[:13], "address": {"country_code": "DE"}}
    order = call.save("order", order, status="APPROVED", payer=payer, _outcome=outcome)
    due_at = call.world.now() + _APPROVAL_LASTS_DAYS * call.world.day_s
    call.world.timers.add("reversal", due_at, {"order": order["id"]})
    call.emit("CHECKOUT.ORDER.APPROVED", order, "checkout-order", order_id=order["id"])
    return order


def reverse_approval(call: Call, order: Json) -> Json:
    """PayPal gives an approved order up that was not captured in time.

    Raises:
        ApiError: it is not approved.
    """
    if order["status"] != "APPROVED":
        raise unprocessable("ORDER_NOT_APPROVED", f"The order is {order['status']}")
    order = call.save("order", order, status="VOIDED")
    units = [{name: unit[name] for name in ("reference_id", "custom_id") if name in unit} for unit in _units(order)]
    resource = {"order_id": order["id"], "purchase_units": units, "payment_source": order["payment_source"]}
    call.emit("CHECKOUT.PAYMENT-APPROVAL.REVERSED", resource, "payment", order_id=order["id"])
    return order


def capture_order(call: Call, order: Json) -> Json:
    """``POST /v2/checkout/orders/{id}/capture``.

    Raises:
        ApiError: not approved, captured before, or the customer's way to pay was refused.
    """
    if order["status"] == "COMPLETED":
        raise unprocessable("ORDER_ALREADY_CAPTURED", "Order already captured.")
    if order["status"] != "APPROVED":
        raise unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
    if order["_outcome"] == "declined":
        raise unprocessable("INSTRUMENT_DECLINED", "The instrument presented was declined by the processor or bank.")
    if order["_outcome"] == "reversed":
        reverse_approval(call, order)
        raise unprocessable("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
    new_capture(call, order)
    return call.save("order", order, status="COMPLETED")


def shown(call: Call, order: Json) -> Json:
    """The order with its captures and refunds."""
    unit = dict(_units(order)[0])
    payments: dict[str, Any] = {}
    for kind, name in (("capture", "captures"), ("refund", "refunds")):
        found = [entry for entry in call.world.store.newest_first(kind) if entry["_order"] == order["id"]]
        if found:
            payments[name] = [public(entry) for entry in found[::-1]]
    if payments:
        unit["payments"] = payments
    return {**public(order), "purchase_units": [unit]}


def _units(order: Json) -> list[Json]:
    return list(order["purchase_units"])
