"""Captures and what may come after them: a review, refunds, a reversal, disputes."""

from decimal import Decimal
from typing import Any, Final

from gateway_simulators.paypal import amounts
from gateway_simulators.paypal.context import Call, new_id
from gateway_simulators.paypal.errors import invalid, unprocessable
from gateway_simulators.store import Json

_REVIEW_DAYS: Final = 1
_STATUSES: Final = {"paid": "COMPLETED", "pending": "PENDING", "denied": "PENDING"}
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


def new_capture(call: Call, order: Json) -> Json:
    """Takes the money, or keeps it for a review."""
    unit = order["purchase_units"][0]
    currency = unit["amount"]["currency_code"]
    rule = call.world.rules.take(frozenset({"amount"}), {"account": call.account, "order": order["id"]})
    value = amounts.read(unit["amount"])
    if rule is not None:
        value = amounts.of_minor(rule["amount"], currency)
    identifier = new_id()
    capture: Json = {
        "id": identifier,
        "status": _STATUSES[order["_outcome"]],
        "amount": amounts.write(value, currency),
        "final_capture": True,
        "create_time": call.world.text_now(),
        "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        "links": [
            call.link(f"/v2/payments/captures/{identifier}", "self"),
            call.link(f"/v2/payments/captures/{identifier}/refund", "refund", "POST"),
            call.link(f"/v2/checkout/orders/{order['id']}", "up"),
        ],
        "_order": order["id"],
        "_refunded": "0",
    }
    capture |= {name: unit[name] for name in ("custom_id", "invoice_id") if name in unit}
    if capture["status"] == "COMPLETED":
        return _completed(call, capture)
    capture = call.save("capture", capture, status_details={"reason": "PENDING_REVIEW"})
    call.emit("PAYMENT.CAPTURE.PENDING", capture, "capture", order_id=order["id"])
    end = "deny" if order["_outcome"] == "denied" else "complete"
    due_at = call.world.now() + _REVIEW_DAYS * call.world.day_s
    call.world.timers.add("review", due_at, {"capture": identifier, "end": end})
    return capture


def review(call: Call, capture: Json, end: str) -> Json:
    """How a review ends: ``complete`` or ``deny``.

    Raises:
        ApiError: the capture is not pending.
    """
    if capture["status"] != "PENDING":
        raise unprocessable("CAPTURE_NOT_PENDING", f"The capture is {capture['status']}")
    if end == "complete":
        return _completed(call, {name: value for name, value in capture.items() if name != "status_details"})
    capture = call.save("capture", capture, status="DECLINED", status_details={"reason": "TRANSACTION_REFUSED"})
    call.emit("PAYMENT.CAPTURE.DENIED", capture, "capture", order_id=capture["_order"])
    return capture


def _completed(call: Call, capture: Json) -> Json:
    currency = capture["amount"]["currency_code"]
    gross = Decimal(capture["amount"]["value"])
    fee = min(amounts.fee_of(gross, currency), gross)
    breakdown = {
        "gross_amount": amounts.write(gross, currency),
        "paypal_fee": amounts.write(fee, currency),
        "net_amount": amounts.write(gross - fee, currency),
    }
    breakdown |= _converted(call, gross - fee, currency, "receivable_amount")
    capture = call.save("capture", capture, status="COMPLETED", seller_receivable_breakdown=breakdown)
    call.emit("PAYMENT.CAPTURE.COMPLETED", capture, "capture", order_id=capture["_order"])
    return capture


def _converted(call: Call, value: Decimal, currency: str, name: str) -> Json:
    """What the value became in the account's own currency; nothing where it is kept as it comes."""
    settlement = call.world.rules.settlement(call.account, currency)
    if settlement is None:
        return {}
    code, rate = settlement
    exchange = {"source_currency": currency, "target_currency": code, "value": str(rate)}
    return {name: amounts.write(value * rate, code), "exchange_rate": exchange}


def refund_capture(call: Call, capture: Json) -> Json:
    """``POST /v2/payments/captures/{id}/refund``; without an amount all that is left.

    Raises:
        ApiError: not captured, or more than is left.
    """
    currency = capture["amount"]["currency_code"]
    left = Decimal(capture["amount"]["value"]) - Decimal(capture["_refunded"])
    if capture["status"] not in ("COMPLETED", "PARTIALLY_REFUNDED"):
        issue = "CAPTURE_FULLY_REFUNDED" if capture["status"] == "REFUNDED" else "REFUND_NOT_POSSIBLE"
        raise unprocessable(issue, f"The capture is {capture['status']}")
    given = call.body.get("amount")
    value = left if given is None else amounts.read(given)
    if given is not None and given["currency_code"] != currency:
        raise unprocessable("CURRENCY_MISMATCH", "The refund's currency is not the capture's.")
    if value > left:
        raise unprocessable("REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than or equal to what is left.")
    value = amounts.of_minor(call.world.rules.refunded(call.account, amounts.minor(value, currency)), currency)
    refund = _refund(call, capture, value, str(call.body.get("custom_id") or capture.get("custom_id") or ""))
    status = "REFUNDED" if value == left else "PARTIALLY_REFUNDED"
    call.save("capture", capture, status=status, _refunded=str(Decimal(capture["_refunded"]) + value))
    call.emit("PAYMENT.CAPTURE.REFUNDED", refund, "refund", order_id=capture["_order"])
    return refund


def reverse(call: Call, capture: Json) -> Json:
    """PayPal takes the money back on its own.

    Raises:
        ApiError: there is none.
    """
    if capture["status"] not in ("COMPLETED", "PARTIALLY_REFUNDED"):
        raise unprocessable("CAPTURE_NOT_COMPLETED", f"The capture is {capture['status']}")
    left = Decimal(capture["amount"]["value"]) - Decimal(capture["_refunded"])
    reversal = _refund(call, capture, left, str(capture.get("custom_id") or ""), kept=False)
    call.save("capture", capture, status="REFUNDED", _refunded=capture["amount"]["value"])
    call.emit("PAYMENT.CAPTURE.REVERSED", reversal, "refund", order_id=capture["_order"])
    return reversal


def _refund(call: Call, capture: Json, value: Decimal, custom_id: str, *, kept: bool = True) -> Json:
    identifier = new_id()
    currency = capture["amount"]["currency_code"]
    written = amounts.write(value, currency)
    refund: Json = {
        "id": identifier,
        "status": "COMPLETED",
        "amount": written,
        "seller_payable_breakdown": {
            "gross_amount": written,
            "paypal_fee": amounts.write(Decimal(0), currency),
            "net_amount": written,
            **_converted(call, value, currency, "net_amount_in_receivable_currency"),
        },
        "custom_id": custom_id,
        "create_time": call.world.text_now(),
        "links": [
            call.link(f"/v2/payments/refunds/{identifier}", "self"),
            call.link(f"/v2/payments/captures/{capture['id']}", "up"),
        ],
        "_order": capture["_order"],
    }
    return call.save("refund" if kept else "reversal", refund)


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
    transaction = {"seller_transaction_id": capture["id"], "gross_amount": capture["amount"]}
    if capture.get("custom_id"):
        transaction["custom"] = capture["custom_id"]
    return {
        "id": identifier,
        "dispute_id": identifier,
        "create_time": call.world.text_now(),
        "disputed_transactions": [transaction],
        "reason": given.get("reason", "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"),
        "dispute_amount": given.get("amount", capture["amount"]),
        "dispute_channel": "INTERNAL",
        "_order": capture["_order"],
        "_capture": capture["id"],
    }
