"""Steps of a bank with a payment, and their days."""

from dataclasses import dataclass
from typing import Any, Final


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
    "deny": _step(
        "pending_customer_approval", "customer_approval_denied", "customer_approval_denied", "customer_approval_denied"
    ),
    "fail": _step(_OPEN, "failed", "failed", "insufficient_funds", origin="bank", will_attempt_retry=False),
    "fail_and_retry": _step(_OPEN, "failed", "failed", "insufficient_funds", origin="bank", will_attempt_retry=True),
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
INSTANT_PLANS: Final[dict[str, tuple[tuple[float, str], ...]]] = {
    # Paid from the customer's bank at once, without a mandate.
    "paid": ((0, "submit"), (0, "confirm"), (2, "pay_out")),
    "failed": ((0, "submit"), (0, "fail")),
}
