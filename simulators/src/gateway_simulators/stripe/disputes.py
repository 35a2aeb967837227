"""Disputes: inquiries and chargebacks, opened by the control API, answered by the merchant, decided by the bank."""

from typing import Final

from gateway_simulators.ids import new_id
from gateway_simulators.store import Json
from gateway_simulators.stripe import balance
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.errors import ApiError

INQUIRIES: Final = ("warning_needs_response", "warning_under_review", "warning_closed")
STATUSES: Final = (*INQUIRIES, "needs_response", "under_review", "won", "lost", "prevented")
_CLOSED: Final = frozenset({"warning_closed", "won", "lost", "prevented"})
_FEE: Final = 2000
_ANSWER_DAYS: Final = 9


def dispute(call: Call, intent: Json, given: Json) -> Json:
    """Opens a dispute of the payment, or moves the one that is open (``dispute``: its id, or ``"new"``).

    Raises:
        ApiError: nothing was captured, the status is none of Stripe's, or the dispute is closed.
    """
    status = given.get("status", "needs_response")
    if status not in STATUSES:
        raise ApiError(400, f"status is one of {', '.join(STATUSES)}", param="status")
    known = [entry for entry in call.mine("dispute") if entry["payment_intent"] == intent["id"]]
    wanted = given.get("dispute")
    current = next((entry for entry in known if wanted in (None, entry["id"])), None)
    if current is not None and wanted != "new":
        return _move(call, current, status)
    opened = _open(call, intent, given, status if status not in _CLOSED else "needs_response")
    return opened if opened["status"] == status else _move(call, opened, status)


def submit_evidence(call: Call, entry: Json) -> Json:
    """``evidence[…]`` with ``submit``: the bank looks at it."""
    given = call.params.get("evidence")
    evidence = {**entry["evidence"], **(given if isinstance(given, dict) else {})}
    details = {**entry["evidence_details"], "has_evidence": bool(evidence)}
    entry = call.save("dispute", {**entry, "evidence": evidence, "evidence_details": details})
    if call.params.get("submit", "true") != "true" or entry["status"] not in ("needs_response", INQUIRIES[0]):
        return entry
    return _move(call, entry, "under_review" if entry["status"] == "needs_response" else INQUIRIES[1])


def accept_dispute(call: Call, entry: Json) -> Json:
    """The merchant gives in."""
    return _move(call, entry, "warning_closed" if entry["status"] in INQUIRIES else "lost")


def _open(call: Call, intent: Json, given: Json, status: str) -> Json:
    charge_id = intent["latest_charge"]
    charge = call.find("charge", charge_id) if charge_id else None
    if charge is None or not charge["captured"]:
        raise ApiError(400, "Only a captured payment can be disputed.", param="id")
    amount = given.get("amount", charge["amount_captured"])
    if not isinstance(amount, int) or not 1 <= amount <= charge["amount_captured"]:
        raise ApiError(400, "amount is from 1 to what was captured.", param="amount")
    due = call.now + _ANSWER_DAYS * 86_400
    entry = call.save(
        "dispute",
        {
            "id": new_id("dp"),
            "object": "dispute",
            "amount": amount,
            "balance_transactions": [],
            "charge": charge["id"],
            "created": call.now,
            "currency": charge["currency"],
            "evidence": {},
            "evidence_details": {"due_by": due, "has_evidence": False, "past_due": False, "submission_count": 0},
            "is_charge_refundable": status in INQUIRIES,
            "livemode": charge["livemode"],
            "metadata": {},
            "payment_intent": intent["id"],
            "reason": str(given.get("reason", "fraudulent")),
            "status": status,
        },
    )
    call.save("charge", {**charge, "disputed": True})
    call.emit("charge.dispute.created", entry)
    return entry if status in INQUIRIES else _withdraw(call, entry)


def _move(call: Call, entry: Json, status: str) -> Json:
    if entry["status"] in _CLOSED:
        raise ApiError(400, f"The dispute is closed ({entry['status']}).", param="status", code="dispute_closed")
    entry = call.save("dispute", {**entry, "status": status, "is_charge_refundable": status in INQUIRIES})
    call.emit("charge.dispute.closed" if status in _CLOSED else "charge.dispute.updated", entry)
    has_taken = bool(entry["balance_transactions"])
    if status not in INQUIRIES and not has_taken and status != "prevented":
        entry = _withdraw(call, entry)
        has_taken = True
    if status in ("won", "prevented") and has_taken:
        entry = _post(call, entry, entry["amount"], -_FEE)
        call.emit("charge.dispute.funds_reinstated", entry)
    return entry


def _withdraw(call: Call, entry: Json) -> Json:
    entry = _post(call, entry, -entry["amount"], _FEE)
    call.emit("charge.dispute.funds_withdrawn", entry)
    return entry


def _post(call: Call, entry: Json, amount: int, fee: int) -> Json:
    charge = call.find("charge", entry["charge"])
    posted = balance.post(call, charge, entry["id"], "adjustment", amount, lambda moved: fee)
    shown = {name: value for name, value in posted.items() if not name.startswith("_")}
    return call.save("dispute", {**entry, "balance_transactions": [*entry["balance_transactions"], shown]})
