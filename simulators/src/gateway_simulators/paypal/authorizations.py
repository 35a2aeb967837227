"""Authorizations: money that is held, then captured in one or more parts, or given up."""

from decimal import Decimal
from typing import Final

from gateway_simulators.paypal import amounts, captures
from gateway_simulators.paypal.context import Call, new_id
from gateway_simulators.paypal.errors import unprocessable
from gateway_simulators.store import Json

_VALID_DAYS: Final = 29
_HONORED_DAYS: Final = 3
_OPEN: Final = ("CREATED", "PARTIALLY_CAPTURED")


def new_authorization(call: Call, order: Json) -> Json:
    """Holds the order's amount."""
    [unit] = order["purchase_units"]
    identifier = new_id()
    base = f"/v2/payments/authorizations/{identifier}"
    authorization = call.save(
        "authorization",
        {
            "id": identifier,
            "status": "CREATED",
            "amount": {name: unit["amount"][name] for name in ("currency_code", "value")},
            "seller_protection": captures.SELLER_PROTECTION,
            "expiration_time": call.world.text_at(_VALID_DAYS * call.world.day_s),
            "create_time": call.world.text_now(),
            "payee": unit["payee"],
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
            "links": [
                call.link(base, "self"),
                *(call.link(f"{base}/{verb}", verb, "POST") for verb in ("capture", "void", "reauthorize")),
                call.link(f"/v2/checkout/orders/{order['id']}", "up"),
            ],
            **{name: unit[name] for name in ("custom_id", "invoice_id") if name in unit},
            "_order": order["id"],
            "_captured": "0",
            "_honored_until": call.world.now() + _HONORED_DAYS * call.world.day_s,
        },
    )
    call.emit("PAYMENT.AUTHORIZATION.CREATED", authorization, "authorization", order_id=order["id"])
    return authorization


def capture(call: Call, authorization: Json) -> Json:
    """``POST /v2/payments/authorizations/{id}/capture``; without an amount all that is left.

    Raises:
        ApiError: nothing is held any more, or less than is asked for.
    """
    _check_open(authorization)
    currency = authorization["amount"]["currency_code"]
    left = Decimal(authorization["amount"]["value"]) - Decimal(authorization["_captured"])
    given = call.body.get("amount")
    value = left if given is None else amounts.read(given)
    if given is not None and given["currency_code"] != currency:
        raise unprocessable("CURRENCY_MISMATCH", "The currency is not that of the authorization.", "/amount")
    if value > left:
        raise unprocessable("MAX_CAPTURE_AMOUNT_EXCEEDED", "More than is authorized would be captured.", "/amount")
    final = bool(call.body.get("final_capture", False)) or value == left
    order = call.find("order", authorization["_order"])
    invoice = call.body.get("invoice_id") or authorization.get("invoice_id")
    made = captures.new_capture(
        call, order, value, final=final, authorization_id=authorization["id"], invoice_id=invoice
    )
    taken = str(Decimal(authorization["_captured"]) + value)
    call.save("authorization", authorization, status="CAPTURED" if final else "PARTIALLY_CAPTURED", _captured=taken)
    return made


def void(call: Call, authorization: Json) -> Json:
    """``POST /v2/payments/authorizations/{id}/void``.

    Raises:
        ApiError: it was captured or given up before.
    """
    if authorization["status"] == "CAPTURED":
        raise unprocessable("PREVIOUSLY_CAPTURED", "Authorization has been previously captured.")
    if authorization["status"] == "VOIDED":
        raise unprocessable("PREVIOUSLY_VOIDED", "Authorization has been previously voided.")
    authorization = call.save("authorization", authorization, status="VOIDED")
    call.emit("PAYMENT.AUTHORIZATION.VOIDED", authorization, "authorization", order_id=authorization["_order"])
    return authorization


def reauthorize(call: Call, authorization: Json) -> Json:
    """``POST /v2/payments/authorizations/{id}/reauthorize``: holds the money anew after three days.

    Raises:
        ApiError: nothing is held any more, or it is too early.
    """
    _check_open(authorization)
    if call.world.now() < authorization["_honored_until"]:
        raise unprocessable("REAUTHORIZATION_TOO_SOON", "A reauthorization is not allowed in the first three days.")
    honored = call.world.now() + _HONORED_DAYS * call.world.day_s
    return call.save("authorization", authorization, _honored_until=honored)


def _check_open(authorization: Json) -> None:
    if authorization["status"] == "VOIDED":
        raise unprocessable("AUTHORIZATION_VOIDED", "A voided authorization cannot be captured or reauthorized.")
    if authorization["status"] not in _OPEN:
        raise unprocessable("AUTHORIZATION_ALREADY_CAPTURED", "Authorization has already been captured.")
