"""Refunds: activated on request, with the total confirmed."""

from typing import Final

from gateway_simulators.gocardless import money
from gateway_simulators.gocardless.context import Call, metadata_of, new_id
from gateway_simulators.gocardless.errors import ApiError, wrong_state
from gateway_simulators.store import Json

ENDS: Final = {"paid": "paid", "bounced": "bounced", "funds_returned": "funds_returned", "failed": "failed"}
_PAID_ON_DAY: Final = 2


def create_refund(call: Call, given: Json) -> Json:
    """``POST /refunds``.

    Raises:
        ApiError: refunds are switched off, nothing was collected, or the confirmed total is wrong.
    """
    if not call.world.with_refunds:
        raise ApiError(403, "Refunds are not enabled for your account", reason="forbidden")
    payment = call.find("payments", call.link(given, "payment"))
    amount = money.amount_of(given)
    if payment["status"] not in ("confirmed", "paid_out"):
        raise wrong_state("refund_payment_invalid_state", "The payment is not in a state that can be refunded")
    total = payment["amount_refunded"] + amount
    if given.get("total_amount_confirmation") != total:
        raise ApiError(
            422,
            "total_amount_confirmation is not the total refunded amount",
            kind="validation_failed",
            reason="total_amount_confirmation_invalid",
            field="total_amount_confirmation",
        )
    if total > payment["amount"]:
        raise wrong_state("available_refund_amount_insufficient", "More than the payment's amount would be refunded")
    given_back = call.world.rules.refunded(call.account, amount)
    call.save("payments", payment, amount_refunded=total - amount + given_back)
    refund: Json = {
        "id": new_id("RF"),
        "created_at": call.world.text_now(),
        "amount": given_back,
        "currency": payment["currency"],
        "reference": money.reference_of(given),
        "status": "created",
        "metadata": metadata_of(given),
        "fx": money.no_conversion(payment["currency"]),
        "links": {"payment": payment["id"], "mandate": payment["links"].get("mandate")},
    }
    refund = call.save("refunds", refund)
    call.emit("refunds", "created", refund)
    due_at = call.world.now() + _PAID_ON_DAY * call.world.day_s
    call.world.timers.add("refund", due_at, {"refund": refund["id"], "end": "paid"})
    return refund


def settle(call: Call, identifier: str, end: str) -> Json:
    """How a refund ends; what came back counts as not refunded.

    Raises:
        ApiError: it has ended, or no such end.
    """
    refund = call.find("refunds", identifier)
    if end not in ENDS:
        raise ApiError(404, f"end is one of {', '.join(ENDS)}")
    if refund["status"] == end or (refund["status"] != "created" and end == "paid"):
        raise wrong_state("invalid_state", f"The refund is {refund['status']}")
    refund = call.save("refunds", refund, status=ENDS[end])
    if end != "paid":
        payment = call.find("payments", refund["links"]["payment"])
        call.save("payments", payment, amount_refunded=payment["amount_refunded"] - refund["amount"])
    call.emit("refunds", end, refund, cause=f"refund_{end}")
    return refund
