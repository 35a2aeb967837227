"""Money that goes back: refunds by the merchant, chargebacks by the customer's bank."""

from typing import Final

from gateway_simulators.ids import new_id
from gateway_simulators.mollie import fields, money, payments, views
from gateway_simulators.mollie.context import Call
from gateway_simulators.mollie.errors import ApiError, unprocessable
from gateway_simulators.store import Json

SETTLED: Final = ("queued", "pending", "processing", "refunded", "failed", "canceled")
# Mollie takes a day or more.
_REFUNDED_AFTER_S: Final = 2.0
_UNDECIDED: Final = frozenset({"queued", "pending", "processing"})


def create_refund(call: Call, payment: Json) -> Json:
    """Gives money back, later.

    Raises:
        ApiError: not paid, or more than remains.
    """
    fields.refuse_unknown(call.params, fields.REFUND)
    if payment["status"] != "paid":
        raise unprocessable("The payment is not paid and cannot be refunded")
    amount = money.checked(call.params.get("amount"))
    if amount["currency"] != payment["amount"]["currency"]:
        raise unprocessable("The currency is not that of the payment", "amount.currency")
    if money.value_of(amount) > payments.refundable(call, payment):
        raise unprocessable("The amount is higher than the maximum", "amount")
    asked = money.minor_of(amount)
    amount = money.minor(amount["currency"], call.world.rules.refunded(call.caller.account, asked))
    refund = call.save(
        "refund",
        {
            "resource": "refund",
            "id": new_id("re", 22),
            "mode": payment["mode"],
            "amount": amount,
            "settlementAmount": money.settled(call.world.rules, call.caller.account, amount, sign=-1),
            "description": fields.description(call.params) or payment["description"],
            "metadata": fields.metadata(call.params),
            "settlementId": None,
            "status": "pending",
            "paymentId": payment["id"],
            "createdAt": call.now,
        },
    )
    call.world.timers.add("refund", call.world.now() + _REFUNDED_AFTER_S, {"refund": refund["id"]})
    call.emit("refund.pending", payment["id"], views.child(call, "refund", refund))
    return refund


def settle_refund(call: Call, refund: Json, status: str) -> Json:
    """A refund goes on, or ends; also one that was refunded may still fail.

    Raises:
        ApiError: it has ended already, or there is no such status.
    """
    if status not in SETTLED:
        raise unprocessable(f"status is one of {', '.join(SETTLED)}", "status")
    if refund["status"] in ("failed", "canceled") or (refund["status"] == "refunded" and status != "failed"):
        raise unprocessable(f"The refund has already ended as {refund['status']}")
    refund = call.save("refund", {**refund, "status": status})
    call.emit(f"refund.{status}", refund["paymentId"], views.child(call, "refund", refund))
    return refund


def cancel_refund(call: Call, refund: Json) -> None:
    """
    Raises:
        ApiError: the money is on its way.
    """
    if refund["status"] not in ("queued", "pending"):
        raise ApiError(409, "The refund cannot be canceled any more")
    settle_refund(call, refund, "canceled")


def is_undecided(refund: Json) -> bool:
    """Whether the refund can still end by itself."""
    return refund["status"] in _UNDECIDED


def charge_back(call: Call, payment: Json, given: Json) -> Json:
    """The customer's bank takes the money back, all of it or ``amount`` (minor units).

    Raises:
        ApiError: the payment is not paid.
    """
    if payment["status"] != "paid":
        raise unprocessable("Only a paid payment can be charged back")
    units = given.get("amount")
    currency = payment["amount"]["currency"]
    amount = money.minor(currency, units) if isinstance(units, int) else payment["amount"]
    chargeback = call.save(
        "chargeback",
        {
            "resource": "chargeback",
            "id": new_id("chb", 6),
            "mode": payment["mode"],
            "amount": amount,
            "settlementAmount": money.settled(call.world.rules, call.caller.account, amount, sign=-1),
            "reason": {"code": "4853", "description": str(given.get("reason", "Not as described"))},
            "paymentId": payment["id"],
            "settlementId": None,
            "createdAt": call.now,
            "reversedAt": None,
        },
    )
    view = views.child(call, "chargeback", chargeback)
    call.emit("chargeback.received", payment["id"], view)
    return view


def reverse_chargeback(call: Call, chargeback: Json) -> Json:
    """The money comes back.

    Raises:
        ApiError: it has come back already.
    """
    if chargeback["reversedAt"]:
        raise unprocessable("The chargeback is reversed already")
    chargeback = call.save("chargeback", {**chargeback, "reversedAt": call.now})
    view = views.child(call, "chargeback", chargeback)
    call.emit("chargeback.reversed", chargeback["paymentId"], view)
    return view
