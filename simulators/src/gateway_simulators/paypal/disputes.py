"""Disputes of captures, opened and decided by the control API, given in to by the merchant."""

from typing import Any, Final

from gateway_simulators.paypal import amounts
from gateway_simulators.paypal.context import Call, new_id
from gateway_simulators.paypal.errors import invalid, unprocessable
from gateway_simulators.store import Json

DISPUTE_STATUSES: Final = (
    "OPEN",
    "WAITING_FOR_SELLER_RESPONSE",
    "WAITING_FOR_BUYER_RESPONSE",
    "UNDER_REVIEW",
    "RESOLVED",
)
STAGES: Final = ("INQUIRY", "CHARGEBACK", "PRE_ARBITRATION", "ARBITRATION")
DISPUTE_OUTCOMES: Final = (
    "RESOLVED_BUYER_FAVOUR",
    "RESOLVED_SELLER_FAVOUR",
    "RESOLVED_WITH_PAYOUT",
    "CANCELED_BY_BUYER",
    "ACCEPTED",
    "DENIED",
    "NONE",
)


def dispute(call: Call, capture: Json, given: Json) -> Json:
    """Opens a dispute of the capture, or moves the one that is there: ``{"status", "stage", "outcome", "amount"}``.

    Raises:
        ApiError: a word that PayPal does not know, or the dispute is resolved.
    """
    status, stage = given.get("status", "OPEN"), given.get("stage", "CHARGEBACK")
    outcome = given.get("outcome", "RESOLVED_BUYER_FAVOUR")
    for name, word, known in (
        ("status", status, DISPUTE_STATUSES),
        ("stage", stage, STAGES),
        ("outcome", outcome, DISPUTE_OUTCOMES),
    ):
        if word not in known:
            raise invalid(f"/{name}", f"{name} is one of {', '.join(known)}")
    current = next((entry for entry in _disputes(call, capture) if entry["status"] != "RESOLVED"), None)
    changes: dict[str, Any] = {"status": status, "dispute_life_cycle_stage": stage}
    if status == "RESOLVED":
        changes["dispute_outcome"] = {"outcome_code": outcome}
    event = "RESOLVED" if status == "RESOLVED" else "UPDATED" if current else "CREATED"
    entry = call.save("dispute", current or _new_dispute(call, capture, given), **changes)
    call.emit(f"CUSTOMER.DISPUTE.{event}", entry, "dispute", order_id=capture["_order"])
    return entry


def _disputes(call: Call, capture: Json) -> list[Json]:
    return [entry for entry in call.world.store.newest_first("dispute") if entry["_capture"] == capture["id"]]


def _new_dispute(call: Call, capture: Json, given: Json) -> Json:
    identifier = f"PP-D-{new_id()[:8]}"
    order = call.find("order", capture["_order"])
    payer = order.get("payer", {})
    name = payer.get("name", {})
    transaction: Json = {
        "seller_transaction_id": capture["id"],
        "create_time": capture["create_time"],
        "transaction_status": "COMPLETED",
        "gross_amount": capture["amount"],
        "buyer": {"name": f"{name.get('given_name', '')} {name.get('surname', '')}".strip()},
        "seller": {"email": capture["payee"]["email_address"], "merchant_id": call.account},
    }
    if capture.get("invoice_id"):
        transaction["invoice_number"] = capture["invoice_id"]
    if capture.get("custom_id"):
        transaction["custom"] = capture["custom_id"]
    return {
        "id": identifier,
        "dispute_id": identifier,
        "create_time": call.world.text_now(),
        "disputed_transactions": [transaction],
        "reason": given.get("reason", "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"),
        "dispute_amount": _amount(given, capture),
        "dispute_channel": "INTERNAL",
        "messages": [],
        "extensions": {},
        "offer": {"buyer_requested_amount": _amount(given, capture)},
        "links": [
            call.link(f"/v1/customer/disputes/{identifier}", "self"),
            call.link(f"/v1/customer/disputes/{identifier}/accept-claim", "accept_claim", "POST"),
        ],
        "_order": capture["_order"],
        "_capture": capture["id"],
    }


def accept_claim(call: Call, entry: Json) -> Json:
    """``POST /v1/customer/disputes/{id}/accept-claim``: the merchant gives in.

    Raises:
        ApiError: it is resolved already.
    """
    if entry["status"] == "RESOLVED":
        raise unprocessable("ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE", "The dispute is resolved.")
    outcome = {"outcome_code": "RESOLVED_BUYER_FAVOUR", "amount_refunded": entry["dispute_amount"]}
    entry = call.save("dispute", entry, status="RESOLVED", dispute_outcome=outcome)
    call.emit("CUSTOMER.DISPUTE.RESOLVED", entry, "dispute", order_id=entry["_order"])
    return entry


def found(call: Call, query: dict[str, str]) -> list[Json]:
    """The account's disputes, newest first; ``disputed_transaction_id`` and ``dispute_state`` choose among them."""
    entries = call.mine("dispute")
    if wanted := query.get("disputed_transaction_id"):
        entries = [entry for entry in entries if entry["_capture"] == wanted]
    if state := query.get("dispute_state"):
        entries = [entry for entry in entries if (entry["status"] == "RESOLVED") == (state == "RESOLVED")]
    return entries


def _amount(given: Json, capture: Json) -> Json:
    wanted = given.get("amount")
    if wanted is None:
        return dict(capture["amount"])
    value = amounts.read(wanted)
    return dict(amounts.write(value, wanted["currency_code"]))
