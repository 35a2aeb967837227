"""Captures and what may come after them: a review, refunds, a reversal."""

from decimal import Decimal
from typing import Final

from gateway_simulators.paypal import amounts
from gateway_simulators.paypal.context import Call, new_id
from gateway_simulators.paypal.errors import unprocessable
from gateway_simulators.paypal.fields import text
from gateway_simulators.store import Json

_REVIEW_DAYS: Final = 1
_STATUSES: Final = {"paid": "COMPLETED", "pending": "PENDING", "denied": "PENDING"}
SELLER_PROTECTION: Final = {
    "status": "ELIGIBLE",
    "dispute_categories": ["ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"],
}


def capture_order_amount(call: Call, order: Json) -> Json:
    """Takes the order's amount; a scripted rule may let the customer pay another one.

    Raises:
        ApiError: the invoice was paid before.
    """
    [unit] = order["purchase_units"]
    rule = call.world.rules.take(frozenset({"amount"}), {"account": call.account, "order": order["id"]})
    value = Decimal(unit["amount"]["value"])
    if rule is not None:
        value = amounts.of_minor(rule["amount"], unit["amount"]["currency_code"])
    return new_capture(call, order, value, invoice_id=unit.get("invoice_id"))


def new_capture(
    call: Call,
    order: Json,
    value: Decimal,
    *,
    final: bool = True,
    authorization_id: str | None = None,
    invoice_id: str | None = None,
) -> Json:
    """Takes the money, or keeps it for a review.

    Raises:
        ApiError: the invoice was paid before.
    """
    [unit] = order["purchase_units"]
    _refuse_paid_invoice(call, order, invoice_id)
    identifier, currency = new_id(), unit["amount"]["currency_code"]
    related = {"order_id": order["id"]} | ({"authorization_id": authorization_id} if authorization_id else {})
    capture: Json = {
        "id": identifier,
        "status": _STATUSES.get(order["_outcome"], "COMPLETED"),
        "amount": amounts.write(value, currency),
        "final_capture": final,
        "disbursement_mode": "INSTANT",
        "seller_protection": SELLER_PROTECTION,
        "create_time": call.world.text_now(),
        "payee": unit["payee"],
        "supplementary_data": {"related_ids": related},
        "links": [
            call.link(f"/v2/payments/captures/{identifier}", "self"),
            call.link(f"/v2/payments/captures/{identifier}/refund", "refund", "POST"),
            call.link(f"/v2/checkout/orders/{order['id']}", "up"),
        ],
        "_order": order["id"],
        "_refunded": "0",
    }
    capture |= {"custom_id": unit["custom_id"]} if "custom_id" in unit else {}
    capture |= {"invoice_id": invoice_id} if invoice_id else {}
    if capture["status"] == "COMPLETED":
        return _completed(call, capture)
    capture = call.save("capture", capture, status_details={"reason": "PENDING_REVIEW"})
    call.emit("PAYMENT.CAPTURE.PENDING", capture, "capture", order_id=order["id"])
    end = "deny" if order["_outcome"] == "denied" else "complete"
    due_at = call.world.now() + _REVIEW_DAYS * call.world.day_s
    call.world.timers.add("review", due_at, {"capture": identifier, "end": end})
    return capture


def _refuse_paid_invoice(call: Call, order: Json, invoice_id: str | None) -> None:
    for found in call.mine("capture") if invoice_id else ():
        if found.get("invoice_id") == invoice_id and found["_order"] != order["id"] and found["status"] != "DECLINED":
            raise unprocessable("DUPLICATE_INVOICE_ID", "Duplicate Invoice ID detected.")


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
    """The value in the account's own currency; nothing where it is not converted."""
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
        raise unprocessable("CURRENCY_MISMATCH", "The refund's currency is not the capture's.", "/amount")
    note = text(call.body, "note_to_payer", "/note_to_payer", 255)
    if value > left:
        raise unprocessable("REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than or equal to what is left.")
    value = amounts.of_minor(call.world.rules.refunded(call.account, amounts.minor(value, currency)), currency)
    custom = text(call.body, "custom_id", "/custom_id", 127) or str(capture.get("custom_id") or "")
    refund = _refund(call, capture, value, custom, note=note)
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


def _refund(
    call: Call, capture: Json, value: Decimal, custom_id: str, *, kept: bool = True, note: str | None = None
) -> Json:
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
            "total_refunded_amount": amounts.write(Decimal(capture["_refunded"]) + value, currency),
            **_converted(call, value, currency, "net_amount_in_receivable_currency"),
        },
        "custom_id": custom_id,
        "payer": {"email_address": capture["payee"]["email_address"], "merchant_id": capture["payee"]["merchant_id"]},
        "create_time": call.world.text_now(),
        "links": [
            call.link(f"/v2/payments/refunds/{identifier}", "self"),
            call.link(f"/v2/payments/captures/{capture['id']}", "up"),
        ],
        "_order": capture["_order"],
    }
    refund |= {"invoice_id": capture["invoice_id"]} if "invoice_id" in capture else {}
    refund |= {"note_to_payer": note} if note else {}
    return call.save("refund" if kept else "reversal", refund)
