"""Payments on a mandate, or at once, and how they go on: over days, by the bank's mood, or as scripted."""

from datetime import date
from typing import Any, Final

from gateway_simulators.gocardless import money, payouts, schemes
from gateway_simulators.gocardless.context import Call, metadata_of, new_id
from gateway_simulators.gocardless.errors import ApiError, invalid, wrong_state
from gateway_simulators.gocardless.steps import INSTANT_PLANS, PLANS, STEPS
from gateway_simulators.store import Json

USABLE: Final = ("pending_submission", "submitted", "active")
"""Statuses of a mandate on which payments can be made."""


def create_payment(call: Call, given: Json) -> Json:
    """``POST /payments``.

    Raises:
        ApiError: amount, currency, date or mandate are missing or wrong, or the mandate is no longer active.
    """
    amount = money.amount_of(given)
    mandate = call.find("mandates", call.link(given, "mandate"))
    if mandate["status"] not in USABLE:
        raise wrong_state("mandate_is_inactive", "Mandate is inactive")
    currency = _currency(given, mandate["scheme"])
    earliest = schemes.first_charge_date(call.world.now(), call.world.day_s)
    charged = schemes.charge_date(given.get("charge_date"), earliest)
    rule = call.world.rules.take(frozenset({"amount"}), {"account": call.account, "resource": mandate["id"]})
    made = _new(call, given, rule["amount"] if rule else amount, currency, mandate["scheme"], charged)
    payment = call.save("payments", {**made, "links": {"mandate": mandate["id"], "creditor": call.account}})
    call.emit("payments", "created", payment)
    later = (charged - earliest).days
    _plan(call, payment, tuple((day + later, step) for day, step in PLANS[mandate["_outcome"]]))
    return payment


def pay_at_once(call: Call, wanted: Json, mandate: Json | None, outcome: str) -> Json:
    """The payment of a ``payment_request``, when its customer authorises it."""
    today = date.fromisoformat(call.world.text_now()[:10])
    made = _new(call, wanted, wanted["amount"], wanted["currency"], wanted["scheme"], today)
    links = {"creditor": call.account, **({"mandate": mandate["id"]} if mandate else {})}
    payment = call.save("payments", {**made, "links": links})
    call.emit("payments", "created", payment)
    _plan(call, payment, INSTANT_PLANS.get(outcome, INSTANT_PLANS["paid"]))
    return payment


def cancel_payment(call: Call, identifier: str) -> Json:
    """``POST /payments/{id}/actions/cancel``.

    Raises:
        ApiError: it was submitted to the banks.
    """
    payment = call.find("payments", identifier)
    if payment["status"] not in ("pending_customer_approval", "pending_submission"):
        raise wrong_state("cancellation_failed", f"Cannot cancel a {payment['status']} payment")
    payment = call.save("payments", payment, status="cancelled")
    call.emit("payments", "cancelled", payment, cause="payment_cancelled")
    return payment


def retry_payment(call: Call, identifier: str) -> Json:
    """``POST /payments/{id}/actions/retry``.

    Raises:
        ApiError: it did not fail.
    """
    payment = call.find("payments", identifier)
    if payment["status"] != "failed":
        raise wrong_state("retry_failed", f"Cannot retry a {payment['status']} payment")
    payment = advance(call, identifier, "resubmit", cause="payment_retried")
    _plan(call, payment, PLANS["paid"])
    return payment


def advance(call: Call, identifier: str, name: str, **given: Any) -> Json:
    """Does one step.

    Raises:
        ApiError: no such step, or the payment's status does not allow it.
    """
    step = STEPS.get(name)
    if step is None:
        raise ApiError(404, f"step is one of {', '.join(STEPS)}")
    payment = call.find("payments", identifier)
    if payment["status"] not in step.before:
        raise wrong_state("invalid_state", f"A {payment['status']} payment cannot {name.replace('_', ' ')}")
    payment = call.save("payments", payment, status=step.after or payment["status"])
    if name == "pay_out":
        payment = payouts.pay_out(call, payment)
    details = {**dict(step.details), **given}
    if details.get("origin") == "bank":
        details = {"scheme": payment["scheme"], "reason_code": None, **details}
    call.emit("payments", step.action, payment, cause=details.pop("cause", step.cause), **details)
    return payment


def _currency(given: Json, scheme: str) -> str:
    currency = given.get("currency")
    if currency is None:
        raise invalid("currency", "is required")
    if currency != schemes.currency_of(scheme):
        raise invalid("currency", f"is not supported by the {scheme} scheme of the mandate")
    return str(currency)


def _new(call: Call, given: Json, amount: int, currency: str, scheme: str, charged: date) -> Json:
    return {
        "id": new_id("PM"),
        "created_at": call.world.text_now(),
        "charge_date": charged.isoformat(),
        "amount": amount,
        "amount_refunded": 0,
        "app_fee": given.get("app_fee"),
        "currency": currency,
        "description": money.description_of(given),
        "faster_ach": bool(given.get("faster_ach", False)),
        "fx": money.no_conversion(currency),
        "reference": money.reference_of(given),
        "retry_if_possible": bool(given.get("retry_if_possible", False)),
        "scheme": scheme,
        "status": "pending_submission",
        "metadata": metadata_of(given),
    }


def _plan(call: Call, payment: Json, plan: tuple[tuple[float, str], ...]) -> None:
    begins_at = call.world.now()
    for day, step in plan:
        due_at = begins_at + day * call.world.day_s
        call.world.timers.add("payment", due_at, {"payment": payment["id"], "step": step})
