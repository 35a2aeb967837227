"""Payments on a mandate and how they go on: over days, by the bank's mood, or as scripted."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from gateway_simulators.gocardless.context import Call, metadata_of, new_id
from gateway_simulators.gocardless.errors import ApiError, invalid, wrong_state
from gateway_simulators.store import Json


@dataclass(frozen=True)
class Step:
    """One thing that the bank does.

    Attributes:
        before: the statuses in which it can happen.
        after: the status that it leads to; None leaves it.
    """

    before: frozenset[str]
    after: str | None
    action: str
    cause: str
    details: tuple[tuple[str, Any], ...] = ()


def _step(before: str, after: str | None, action: str, cause: str, **details: Any) -> Step:
    return Step(frozenset(before.split(" ")), after, action, cause, tuple(details.items()))


_OPEN: Final = "pending_customer_approval pending_submission submitted"
STEPS: Final[dict[str, Step]] = {
    "submit": _step("pending_submission", "submitted", "submitted", "payment_submitted"),
    "confirm": _step("pending_submission submitted", "confirmed", "confirmed", "payment_confirmed"),
    "pay_out": _step("confirmed", "paid_out", "paid_out", "payment_paid_out"),
    "deny": _step("pending_customer_approval", "customer_approval_denied", "customer_approval_denied", "denied"),
    "fail": _step(
        _OPEN, "failed", "failed", "insufficient_funds", origin="bank", scheme="sepa_core", will_attempt_retry=False
    ),
    "fail_and_retry": _step(
        _OPEN, "failed", "failed", "insufficient_funds", origin="bank", scheme="sepa_core", will_attempt_retry=True
    ),
    "resubmit": _step("failed", "pending_submission", "resubmission_requested", "payment_auto_retried"),
    "fail_late": _step(
        "confirmed paid_out", "failed", "failed", "refer_to_payer", origin="bank", will_attempt_retry=False
    ),
    "settle_late_failure": _step("failed", None, "late_failure_settled", "late_failure_settled"),
    "charge_back": _step("confirmed paid_out", "charged_back", "charged_back", "authorisation_disputed", origin="bank"),
    "cancel_chargeback": _step("charged_back", "confirmed", "chargeback_cancelled", "chargeback_cancelled"),
    "settle_chargeback": _step("charged_back", None, "chargeback_settled", "chargeback_settled"),
}
PLANS: Final[dict[str, tuple[tuple[float, str], ...]]] = {
    # (day, step): a mandate's outcome decides what becomes of its payments.
    "paid": ((1, "submit"), (3, "confirm"), (5, "pay_out")),
    "failed": ((1, "submit"), (3, "fail")),
    "retried": ((1, "submit"), (3, "fail_and_retry"), (4, "resubmit"), (5, "submit"), (7, "confirm"), (9, "pay_out")),
    "late_failure": ((1, "submit"), (3, "confirm"), (6, "fail_late"), (8, "settle_late_failure")),
    "charged_back": ((1, "submit"), (3, "confirm"), (5, "pay_out"), (10, "charge_back"), (12, "settle_chargeback")),
}
SCENARIOS: Final[dict[str, tuple[str, ...]]] = {
    # GoCardless' own scenario simulators.
    "payment_submitted": ("submit",),
    "payment_confirmed": ("submit", "confirm"),
    "payment_paid_out": ("submit", "confirm", "pay_out"),
    "payment_failed": ("submit", "fail"),
    "payment_charged_back": ("submit", "confirm", "charge_back"),
    "payment_chargeback_settled": ("submit", "confirm", "charge_back", "settle_chargeback"),
    "payment_late_failure": ("submit", "confirm", "fail_late"),
    "payment_late_failure_settled": ("submit", "confirm", "fail_late", "settle_late_failure"),
}


def create_payment(call: Call, given: Json) -> Json:
    """``POST /payments``.

    Raises:
        ApiError: amount, currency or mandate are missing or wrong, or the mandate is no longer active.
    """
    amount = given.get("amount")
    if type(amount) is not int or amount < 1:
        raise invalid("amount", "must be greater than 0")
    mandate_id = (given.get("links") or {}).get("mandate")
    if not isinstance(mandate_id, str):
        raise invalid("links.mandate", "is required")
    mandate = call.find("mandates", mandate_id)
    if mandate["status"] not in ("pending_submission", "submitted", "active"):
        raise wrong_state("mandate_is_inactive", "Mandate is inactive")
    rule = call.world.rules.take(frozenset({"amount"}), {"account": call.account, "resource": mandate_id})
    charged = datetime.fromtimestamp(call.world.now() + 3 * call.world.day_s, UTC)
    payment: Json = {
        "id": new_id("PM"),
        "created_at": call.world.text_now(),
        "charge_date": charged.date().isoformat(),
        "amount": rule["amount"] if rule else amount,
        "currency": given.get("currency"),
        "description": given.get("description"),
        "status": "pending_submission",
        "amount_refunded": 0,
        "reference": given.get("reference"),
        "retry_if_possible": bool(given.get("retry_if_possible", False)),
        "metadata": metadata_of(given),
        "links": {"mandate": mandate_id, "creditor": call.account},
    }
    payment = call.save("payments", payment)
    call.emit("payments", "created", payment)
    begins_at = call.world.now()
    for day, step in PLANS[mandate["_outcome"]]:
        due_at = begins_at + day * call.world.day_s
        call.world.timers.add("payment", due_at, {"payment": payment["id"], "step": step})
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
    details = {**dict(step.details), **given}
    call.emit("payments", step.action, payment, cause=details.pop("cause", step.cause), **details)
    return payment


def run_scenario(call: Call, name: str, identifier: str) -> None:
    """``POST /scenario_simulators/{name}/actions/run``: the steps that have not been done yet.

    Raises:
        ApiError: no such scenario, or the payment is past its begin.
    """
    steps = SCENARIOS.get(name)
    if steps is None:
        raise ApiError(404, f"scenario is one of {', '.join(SCENARIOS)}", reason="resource_not_found")
    done = False
    for step in steps:
        if call.find("payments", identifier)["status"] in STEPS[step].before:
            advance(call, identifier, step)
            done = True
    if not done:
        raise wrong_state("invalid_state", "The resource is not in a state in which the scenario can run")
