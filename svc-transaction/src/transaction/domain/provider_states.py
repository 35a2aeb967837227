"""Translation of a provider's state into a trigger of the transaction."""

from datetime import datetime
from typing import Final

from gateway_contracts.events.transaction import PaymentMethod
from gateway_contracts.money import Money
from gateway_contracts.requests.transaction import Failure
from transaction.domain.reports import PaymentReported
from transaction.domain.states import Status, Trigger

# What the provider says a payment is → the row of the lifecycle table. A payment that waits for its customer says
# nothing new, except after a call whose outcome was unknown: then it proves that the call was accepted.
_TRIGGERS: Final = {
    "succeeded": Trigger.CAPTURE_CONFIRMED,
    "authorized": Trigger.AUTHORIZED,
    "processing": Trigger.PROCESSING,
    "requires_action": Trigger.PROCESSING,
    "failed": Trigger.DECLINED,
    "canceled": Trigger.CANCELED_AT_PROVIDER,
}


def report_of_state(
    state: str,
    status: Status,
    *,
    provider_payment_id: str,
    provider_status: str,
    amount: Money | None,
    failure: Failure | None,
    method: PaymentMethod | None = None,
    now: datetime,
) -> PaymentReported | None:
    """The report that a look at the payment proves; None when it proves nothing that is not known."""
    trigger = _TRIGGERS.get(state)
    if trigger is None:
        if status is not Status.UNKNOWN:
            return None
        trigger = Trigger.CALL_ACCEPTED
    return PaymentReported(
        trigger=trigger,
        event_type="asked",
        provider_status=provider_status,
        occurred_at=now,
        label="requires_action" if state == "requires_action" else None,
        provider_payment_id=provider_payment_id,
        amount=amount,
        failure=failure,
        method=method,
    )
