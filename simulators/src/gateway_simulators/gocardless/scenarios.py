"""GoCardless' own scenario simulators: ``POST /scenario_simulators/{name}/actions/run``."""

from typing import Final

from gateway_simulators.gocardless import mandates, payments, refunds
from gateway_simulators.gocardless.context import Call
from gateway_simulators.gocardless.errors import ApiError, wrong_state
from gateway_simulators.gocardless.steps import STEPS

_PAYMENTS: Final[dict[str, tuple[str, ...]]] = {
    "payment_submitted": ("submit",),
    "payment_confirmed": ("submit", "confirm"),
    "payment_paid_out": ("submit", "confirm", "pay_out"),
    "payment_failed": ("submit", "fail"),
    "payment_charged_back": ("submit", "confirm", "charge_back"),
    "payment_chargeback_settled": ("submit", "confirm", "charge_back", "settle_chargeback"),
    "payment_late_failure": ("submit", "confirm", "fail_late"),
    "payment_late_failure_settled": ("submit", "confirm", "fail_late", "settle_late_failure"),
}
_MANDATES: Final = {
    "mandate_activated": ("active", "active"),
    "mandate_failed": ("failed", "failed"),
    "mandate_expired": ("expired", "expired"),
    "mandate_suspended_by_payer": ("suspended_by_payer", "suspended_by_payer"),
}
_REFUNDS: Final = {"refund_paid": "paid", "refund_bounced": "bounced", "refund_returned": "funds_returned"}
_REQUESTS: Final = ("billing_request_fulfilled", "billing_request_fulfilled_and_payment_failed")
NAMES: Final = (*_PAYMENTS, *_MANDATES, *_REFUNDS, *_REQUESTS)


def run_scenario(call: Call, name: str, identifier: str) -> None:
    """Does what has not been done yet.

    Raises:
        ApiError: no such scenario or resource, or its status does not allow it.
    """
    if name in _PAYMENTS:
        _run_payment(call, _PAYMENTS[name], identifier)
    elif name in _MANDATES:
        mandates.move(call, call.find("mandates", identifier), *_MANDATES[name])
    elif name in _REFUNDS:
        refunds.settle(call, identifier, _REFUNDS[name])
    elif name in _REQUESTS:
        mandates.fulfil(call, identifier, "failed" if name.endswith("payment_failed") else "paid")
    else:
        raise ApiError(404, f"scenario is one of {', '.join(NAMES)}", reason="resource_not_found")


def _run_payment(call: Call, steps: tuple[str, ...], identifier: str) -> None:
    done = False
    for step in steps:
        if call.find("payments", identifier)["status"] in STEPS[step].before:
            payments.advance(call, identifier, step)
            done = True
    if not done:
        raise wrong_state("invalid_state", "The resource is not in a state in which the scenario can run")
