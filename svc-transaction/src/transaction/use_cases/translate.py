"""From the providers' port to the words of the domain."""

from typing import Final

from gateway_providers.ports import FactKind, ProviderFact, ProviderPayment
from transaction.domain.facts import fact_of_state
from transaction.domain.records import Fact
from transaction.domain.states import Status, Trigger
from transaction.ports import Deps

_TRIGGERS: Final = {
    FactKind.CAPTURE_CONFIRMED: Trigger.CAPTURE_CONFIRMED,
    FactKind.AUTHORIZED: Trigger.AUTHORIZED,
    FactKind.PROCESSING: Trigger.PROCESSING,
    FactKind.REQUIRES_ACTION: Trigger.PROCESSING,
    FactKind.DECLINED: Trigger.DECLINED,
    FactKind.CANCELED: Trigger.CANCELED_AT_PROVIDER,
    FactKind.FAILED_WILL_RETRY: Trigger.FAILED_WILL_RETRY,
    FactKind.LATE_FAILURE: Trigger.LATE_FAILURE,
    FactKind.REFUND_CONFIRMED: Trigger.REFUND_CONFIRMED_PARTIAL,
    FactKind.INQUIRY_CHANGED: Trigger.INQUIRY_CHANGED,
    FactKind.DISPUTE_OPENED: Trigger.DISPUTE_OPENED,
    FactKind.DISPUTE_UNDER_REVIEW: Trigger.DISPUTE_CHANGED,
    FactKind.DISPUTE_WON: Trigger.DISPUTE_CHANGED,
    FactKind.DISPUTE_LOST: Trigger.DISPUTE_CHANGED,
    FactKind.DISPUTE_FUNDS_WITHDRAWN: Trigger.DISPUTE_CHANGED,
    FactKind.DISPUTE_FUNDS_REINSTATED: Trigger.DISPUTE_CHANGED,
}


def fact_of_event(fact: ProviderFact) -> Fact:
    """A webhook's fact. Refunds are recorded, and on an unpaid transaction they are a reason to ask."""
    trigger = _TRIGGERS.get(fact.kind, Trigger.UNKNOWN_FACT)
    return Fact(
        trigger=trigger,
        event_type=fact.event_type,
        provider_status=fact.provider_status,
        occurred_at=fact.occurred_at,
        label=_label(fact, trigger),
        provider_payment_id=fact.provider_payment_id,
        transaction_id=fact.transaction_id,
        amount=fact.amount,
        failure=fact.failure,
        provider_object_id=fact.provider_object_id,
        is_fee=fact.kind is FactKind.FEE_KNOWN,
    )


def _label(fact: ProviderFact, trigger: Trigger) -> str | None:
    if fact.kind is FactKind.UNKNOWN:
        return fact.event_type
    return None if fact.kind.value == trigger.value else fact.kind.value


def fact_of_payment(payment: ProviderPayment, status: Status, *, deps: Deps) -> Fact | None:
    """What a look at the payment proves."""
    return fact_of_state(
        payment.state,
        status,
        provider_payment_id=payment.provider_payment_id,
        provider_status=payment.provider_status,
        amount=payment.received or payment.amount,
        failure=payment.failure,
        now=deps.clock.now(),
    )
