"""Payments: made by the API, paid on the hosted page."""

from decimal import Decimal
from typing import Final

from gateway_simulators.ids import new_id, random_text
from gateway_simulators.mollie import details, fields, money, views
from gateway_simulators.mollie.catalog import METHODS
from gateway_simulators.mollie.context import Call, moment
from gateway_simulators.mollie.errors import unprocessable
from gateway_simulators.mollie.views import OPEN
from gateway_simulators.store import Json

OUTCOMES: Final = ("paid", "failed", "canceled", "expired", "pending", "authorized")
_MOMENTS: Final = {name: f"{name}At" for name in ("paid", "failed", "canceled", "expired", "authorized")}
_EXPIRES_S: Final = 3600.0


def create_payment(call: Call) -> Json:
    """A new payment that waits for its customer.

    Raises:
        ApiError: a field is missing, unknown or wrong.
    """
    params = call.params
    given = fields.payment_fields(params, fields.CREATE)
    amount = money.checked(params.get("amount"))
    description, redirect = fields.description(params, required=True), fields.url(params, "redirectUrl", required=True)
    method = given.pop("method", None)
    payment: Json = {
        "resource": "payment",
        "id": new_id("tr", 22),
        "mode": call.caller.mode,
        "createdAt": call.now,
        "amount": amount,
        "description": description,
        "method": method[0] if isinstance(method, list) and len(method) == 1 else method,
        "metadata": None,
        "details": None,
        "status": "open",
        "statusReason": None,
        "expiresAt": moment(call.world.now() + _EXPIRES_S),
        "profileId": call.caller.account,
        "sequenceType": "oneoff",
        "redirectUrl": redirect,
        "cancelUrl": None,
        "webhookUrl": None,
        "locale": None,
        "countryCode": None,
        "restrictPaymentMethodsToCountry": None,
        "captureMode": None,
        "captureDelay": None,
        "captureBefore": None,
        "applicationFee": None,
        "mandateId": None,
        "subscriptionId": None,
        "orderId": None,
        "settlementId": None,
        "lines": fields.lines(params, amount),
        **given,
        "_token": random_text(24),
    }
    if isinstance(payment["method"], list):
        payment["method"] = None  # the customer chooses among them
    payment = call.save("payment", payment)
    call.world.timers.add("expire", call.world.now() + _EXPIRES_S, {"payment": payment["id"]})
    return payment


def update_payment(call: Call, payment: Json) -> Json:
    """Changes what a payment says about itself.

    Raises:
        ApiError: a field is unknown or wrong.
    """
    changes = fields.payment_fields(call.params, fields.UPDATE)
    if isinstance(changes.get("method"), list):
        raise unprocessable("The payment method is invalid", "method")
    if changes.get("redirectUrl", "") is None:
        raise unprocessable("The redirectUrl is required for payments", "redirectUrl")
    return call.save("payment", {**payment, **changes})


def refundable(call: Call, payment: Json) -> Decimal:
    """The amount that can still be refunded."""
    return views.taken(call, payment) - views.total(views.of_payment(call, "refund", payment))


def finish(call: Call, payment: Json, status: str, *, method: str | None = None, reason: str | None = None) -> Json:
    """The customer or the bank decides.

    Raises:
        ApiError: the payment has ended already, or there is no such outcome or method.
    """
    if status not in OUTCOMES:
        raise unprocessable(f"status is one of {', '.join(OUTCOMES)}", "status")
    if payment["status"] not in (*OPEN, "authorized") or payment["status"] == status:
        raise unprocessable(f"The payment is {payment['status']} already")
    if method is not None and method not in METHODS:
        raise unprocessable("The payment method is invalid", "method")
    method = method or payment["method"] or ("klarna" if status == "authorized" else "creditcard")
    changes: Json = {"status": status, "method": method, "details": details.details_of(payment, method)}
    if status in _MOMENTS:
        changes[_MOMENTS[status]] = call.now
    if status == "failed" and (reason or method == "creditcard"):
        changes["details"] |= details.failure(reason or "refused_by_issuer")
    if status == "paid":
        changes |= _wrong_amount(call, payment)
        paid: Json = {**payment, **changes}
        changes["settlementAmount"] = money.settled(call.world.rules, call.caller.account, paid["amount"])
    payment = call.save("payment", {**payment, **changes})
    call.emit(f"payment.{status}", payment["id"], views.payment(call, payment))
    return payment


def cancel_payment(call: Call, payment: Json) -> Json:
    """End a payment that no customer has begun to pay, or releases an authorization.

    Raises:
        ApiError: it cannot be canceled any more.
    """
    fields.refuse_unknown(call.params, fields.NOTHING)
    if not views.is_cancelable(payment):
        raise unprocessable("The payment cannot be canceled")
    return finish(call, payment, "canceled")


def _wrong_amount(call: Call, payment: Json) -> Json:
    """A scripted rule may let the customer pay another amount or currency than was asked for."""
    facts = {"account": call.caller.account, "payment": payment["id"]}
    rule = call.world.rules.take(frozenset({"amount"}), facts)
    if rule is None:
        return {}
    return {"amount": money.minor(rule["currency"] or payment["amount"]["currency"], rule["amount"])}
