"""Disputes: inquiries and chargebacks, opened by the control API, answered by the merchant, decided by the bank."""

from typing import Final

from gateway_simulators.ids import new_id
from gateway_simulators.store import Json
from gateway_simulators.stripe import balance, forms
from gateway_simulators.stripe.context import Call
from gateway_simulators.stripe.dispute_facts import EVIDENCE, REASONS, method_details, no_evidence
from gateway_simulators.stripe.errors import ApiError
from gateway_simulators.stripe.events import public

INQUIRIES: Final = ("warning_needs_response", "warning_under_review", "warning_closed")
STATUSES: Final = (*INQUIRIES, "needs_response", "under_review", "won", "lost", "prevented")
_CLOSED: Final = frozenset({"warning_closed", "won", "lost", "prevented"})
_FEE: Final = 2000
_ANSWER_DAYS: Final = 9
_UPDATE_PARAMS: Final = frozenset({"evidence", "expand", "metadata", "submit"})


def dispute(call: Call, intent: Json, given: Json) -> Json:
    """Opens a dispute of the payment, or moves the one that is open (``dispute``: its id, or ``"new"``).

    Raises:
        ApiError: nothing was captured, the status is none of Stripe's, the dispute is closed, or less is withdrawn than
            is to come back.
    """
    status = given.get("status", "needs_response")
    if status not in STATUSES:
        raise ApiError(400, f"status is one of {', '.join(STATUSES)}", param="status")
    known = [entry for entry in call.mine("dispute") if entry["payment_intent"] == intent["id"]]
    wanted = given.get("dispute")
    current = next((entry for entry in known if wanted in (None, entry["id"])), None)
    if current is not None and "reinstate" in given:
        return _reinstate(call, current, given["reinstate"])
    if current is not None and wanted != "new":
        return _move(call, current, status)
    opened = _open(call, intent, given, status if status not in _CLOSED else "needs_response")
    return opened if opened["status"] == status else _move(call, opened, status)


def submit_evidence(call: Call, entry: Json) -> Json:
    """``evidence[…]`` with ``submit``: the bank looks at it.

    Raises:
        ApiError: the dispute is closed, or a parameter is unknown.
    """
    forms.refuse_unknown(call.params, _UPDATE_PARAMS)
    _refuse_closed(entry)
    changes: Json = {"metadata": forms.metadata(call.params, entry["metadata"])}
    given = call.params.get("evidence")
    evidence = {**entry["evidence"], **_evidence(given)}
    submits = forms.boolean(call.params, "submit", default=True) and given is not None
    details = {**entry["evidence_details"], "has_evidence": any(evidence.values())}
    if submits:
        details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
    entry = call.save("dispute", {**entry, **changes, "evidence": evidence, "evidence_details": details})
    if not submits or entry["status"] not in ("needs_response", INQUIRIES[0]):
        return entry
    return _move(call, entry, "under_review" if entry["status"] == "needs_response" else INQUIRIES[1])


def accept_dispute(call: Call, entry: Json) -> Json:
    """The merchant gives in.

    Raises:
        ApiError: the dispute is closed, or a parameter is unknown.
    """
    forms.refuse_unknown(call.params, frozenset({"expand"}))
    return _move(call, entry, "warning_closed" if entry["status"] in INQUIRIES else "lost")


def _open(call: Call, intent: Json, given: Json, status: str) -> Json:
    charge_id = intent["latest_charge"]
    charge = call.find("charge", charge_id) if charge_id else None
    if charge is None or not charge["captured"]:
        raise ApiError(400, "Only a captured payment can be disputed.", param="id")
    reason = given.get("reason", "fraudulent")
    if reason not in REASONS:
        raise ApiError(400, f"reason is one of {', '.join(REASONS)}", param="reason")
    amount = given.get("amount", charge["amount_captured"])
    if not isinstance(amount, int) or not 1 <= amount <= charge["amount_captured"]:
        raise ApiError(400, "amount is from 1 to what was captured.", param="amount")
    entry = call.save("dispute", _new(call, charge, amount, reason, status))
    call.save("charge", {**charge, "disputed": True})
    call.emit("charge.dispute.created", entry)
    return entry if status in INQUIRIES else _withdraw(call, entry)


def _new(call: Call, charge: Json, amount: int, reason: str, status: str) -> Json:
    inquiry = status in INQUIRIES
    details = method_details(charge, reason, inquiry=inquiry)
    return {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": no_evidence(),
        "evidence_details": {
            "due_by": call.now + _ANSWER_DAYS * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": inquiry,
        "livemode": charge["livemode"],
        "metadata": {},
        "network_reason_code": details["card"]["network_reason_code"],
        "payment_intent": charge["payment_intent"],
        "payment_method_details": details,
        "reason": reason,
        "status": status,
    }


def _move(call: Call, entry: Json, status: str) -> Json:
    _refuse_closed(entry)
    inquiry = status in INQUIRIES
    changes: Json = {"status": status, "is_charge_refundable": inquiry}
    if not inquiry:
        charge = call.find("charge", entry["charge"])
        changes["payment_method_details"] = method_details(charge, entry["reason"], inquiry=False)
    entry = call.save("dispute", {**entry, **changes})
    call.emit("charge.dispute.closed" if status in _CLOSED else "charge.dispute.updated", entry)
    has_taken = bool(entry["balance_transactions"])
    if not inquiry and not has_taken and status != "prevented":
        entry = _withdraw(call, entry)
        has_taken = True
    if status in ("won", "prevented") and has_taken:
        entry = _post(call, entry, entry["amount"], -_FEE)
        call.emit("charge.dispute.funds_reinstated", entry)
    return entry


def _reinstate(call: Call, entry: Json, amount: object) -> Json:
    """Money that comes back late, or in part; the status stays."""
    withdrawn = -sum(posted["amount"] for posted in entry["balance_transactions"])
    if not isinstance(amount, int) or not 1 <= amount <= withdrawn:
        raise ApiError(400, f"reinstate is from 1 to {withdrawn}.", param="reinstate")
    entry = _post(call, entry, amount, 0)
    call.emit("charge.dispute.funds_reinstated", entry)
    return entry


def _refuse_closed(entry: Json) -> None:
    if entry["status"] in _CLOSED:
        raise ApiError(400, f"The dispute is closed ({entry['status']}).", param="status", code="dispute_closed")


def _evidence(given: object) -> Json:
    if given is None or given == "":
        return {}
    if not isinstance(given, dict):
        raise ApiError(400, "Invalid hash: evidence", param="evidence")
    for name in given:
        if name not in EVIDENCE:
            raise forms.unknown(f"evidence[{name}]")
    return {name: value or None for name, value in given.items()}


def _withdraw(call: Call, entry: Json) -> Json:
    entry = _post(call, entry, -entry["amount"], _FEE)
    call.emit("charge.dispute.funds_withdrawn", entry)
    return entry


def _post(call: Call, entry: Json, amount: int, fee: int) -> Json:
    charge = call.find("charge", entry["charge"])
    posted = balance.post(
        call,
        charge,
        entry["id"],
        "adjustment",
        amount,
        fee=lambda moved: fee,
        category="dispute" if amount < 0 else "dispute_reversal",
        description=f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {charge['id']}",
    )
    return call.save("dispute", {**entry, "balance_transactions": [*entry["balance_transactions"], public(posted)]})
