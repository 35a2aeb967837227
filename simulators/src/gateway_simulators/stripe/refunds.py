"""Refunds, whole or in parts; two test cards make them pend or fail."""

from typing import Final

from gateway_simulators.ids import new_id
from gateway_simulators.store import Json
from gateway_simulators.stripe import balance, forms
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.errors import ApiError, missing, no_such
from gateway_simulators.stripe.methods import card_of

PARAMS: Final = frozenset({"amount", "charge", "expand", "metadata", "payment_intent", "reason"})
REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")


def create_refund(call: Call) -> Json:
    """Gives money back.

    Raises:
        ApiError: no such payment, not captured, or more than remains.
    """
    forms.refuse_unknown(call.params, PARAMS)
    charge = _charge(call)
    remains = charge["amount_captured"] - charge["amount_refunded"]
    _refuse_disputed(call, charge)
    if not charge["captured"]:
        raise ApiError(400, f"Charge {charge['id']} has not been captured.", param="charge", saved=True)
    if remains == 0:
        raise ApiError(
            400, f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", saved=True
        )
    amount = forms.integer(call.params, "amount")
    amount = remains if amount is None else amount
    if not 1 <= amount <= remains:
        raise ApiError(
            400, f"Refund amount ({amount}) must be from 1 to the unrefunded amount ({remains}).", param="amount"
        )
    reason = forms.text(call.params, "reason")
    if reason is not None and reason not in REASONS:
        raise ApiError(400, f"Invalid reason: must be one of {', '.join(REASONS)}", param="reason")
    amount = call.world.rules.refunded(call.caller.account, amount)
    behaviour = card_of(call.find("payment_method", charge["payment_method"])).refunds
    refund = call.save("refund", _new_refund(call, charge, amount, reason, pending=behaviour != "succeeds"))
    posted = balance.post(call, charge, refund["id"], "refund", -amount)
    refund = call.save("refund", {**refund, "balance_transaction": posted["id"]})
    charge = _refunded(call, charge, amount)
    call.emit("refund.created", refund)
    call.emit("charge.refunded", charge)
    if behaviour == "succeeds":
        _emit_updated(call, refund)
    return refund


def update_refund(call: Call, refund: Json) -> Json:
    """Changes the metadata.

    Raises:
        ApiError: a parameter is unknown or wrong.
    """
    forms.refuse_unknown(call.params, frozenset({"expand", "metadata"}))
    refund = call.save("refund", {**refund, "metadata": forms.metadata(call.params, refund["metadata"])})
    _emit_updated(call, refund)
    return refund


def settle_refund(call: Call, refund: Json, *, failed: bool) -> Json:
    """A pending (or even succeeded) refund ends: banks may send money back later.

    Raises:
        ApiError: it has ended already.
    """
    if refund["status"] in ("failed", "canceled") or (refund["status"] == "succeeded" and not failed):
        raise ApiError(400, f"The refund has already ended as {refund['status']}.", param="status")
    changes: Json = {"status": "succeeded"}
    if failed:
        charge = call.find("charge", refund["charge"])
        posted = balance.post(call, charge, refund["id"], "refund_failure", refund["amount"])
        changes = {"status": "failed", "failure_reason": "declined", "failure_balance_transaction": posted["id"]}
        _refunded(call, charge, -refund["amount"])
    refund = call.save("refund", {**refund, **changes})
    _emit_updated(call, refund)
    if failed:
        call.emit("refund.failed", refund)
    return refund


def _emit_updated(call: Call, refund: Json) -> None:
    """Cards are among the methods about whose refunds the older event is sent too."""
    call.emit("refund.updated", refund)
    call.emit("charge.refund.updated", refund)


def _refuse_disputed(call: Call, charge: Json) -> None:
    known = [entry for entry in call.mine("dispute") if entry["charge"] == charge["id"]]
    if any(entry["status"] in ("needs_response", "under_review", "lost") for entry in known):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise ApiError(400, message, code="charge_disputed", param="charge", saved=True)


def _charge(call: Call) -> Json:
    intent_id, charge_id = forms.text(call.params, "payment_intent"), forms.text(call.params, "charge")
    if intent_id:
        intent = call.find("payment_intent", intent_id, "payment_intent")
        charge_id = intent["latest_charge"] if intent["status"] == "succeeded" else None
        if charge_id is None:
            raise ApiError(400, f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.")
    if not charge_id:
        raise missing("payment_intent")
    charge = call.find("charge", charge_id, "charge")
    if charge["status"] != "succeeded":
        raise no_such("charge", charge_id, "charge")
    return charge


def _refunded(call: Call, charge: Json, amount: int) -> Json:
    total = charge["amount_refunded"] + amount
    whole = total == charge["amount_captured"]
    return call.save("charge", {**charge, "amount_refunded": total, "refunded": whole})


def _new_refund(call: Call, charge: Json, amount: int, reason: str | None, *, pending: bool) -> Json:
    return {
        "id": "re_3" + new_id("")[2:],
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": {"card": {"reference_status": "pending", "type": "refund"}, "type": "card"},
        "_livemode": charge["livemode"],
        "metadata": forms.metadata(call.params),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if pending else "succeeded",
        "transfer_reversal": None,
    }
