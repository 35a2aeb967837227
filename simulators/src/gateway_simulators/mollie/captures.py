"""Captures: authorized money is taken, whole or in part."""

from gateway_simulators.ids import new_id
from gateway_simulators.mollie import fields, money, payments, views
from gateway_simulators.mollie.context import Call
from gateway_simulators.mollie.errors import unprocessable
from gateway_simulators.store import Json


def capture_payment(call: Call, payment: Json) -> Json:
    """Takes authorized money; what is not captured is released.

    Raises:
        ApiError: nothing is authorized, or less than is asked for.
    """
    params = call.params
    fields.refuse_unknown(params, fields.CAPTURE)
    if payment["status"] != "authorized":
        raise unprocessable("The payment is not authorized and cannot be captured")
    given = params.get("amount")
    amount = payment["amount"] if given is None else money.checked(given)
    if amount["currency"] != payment["amount"]["currency"]:
        raise unprocessable("The currency is not that of the payment", "amount.currency")
    if money.value_of(amount) > money.value_of(payment["amount"]):
        raise unprocessable("The amount is higher than the maximum", "amount")
    capture = call.save(
        "capture",
        {
            "resource": "capture",
            "id": new_id("cpt", 22),
            "mode": payment["mode"],
            "description": fields.description(params) or payment["description"],
            "amount": amount,
            "metadata": fields.metadata(params),
            "status": "succeeded",
            "paymentId": payment["id"],
            "shipmentId": None,
            "settlementId": None,
            "createdAt": call.now,
        },
    )
    payments.finish(call, payment, "paid")
    return views.child(call, "capture", capture)


def release_authorization(call: Call, payment: Json) -> None:
    """Gives up what was authorized.

    Raises:
        ApiError: nothing is authorized.
    """
    fields.refuse_unknown(call.params, fields.NOTHING)
    if payment["status"] != "authorized":
        raise unprocessable("The payment is not authorized")
    payments.finish(call, payment, "canceled")
