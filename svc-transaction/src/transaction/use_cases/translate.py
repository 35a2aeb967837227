"""From the providers' port to the words of the domain."""

from typing import Final

from gateway_providers.ports import FactKind, ProviderFact, ProviderPayment
from transaction.domain.facts import dispute_trigger, fact_of_state
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
    FactKind.FEE_KNOWN: Trigger.UNKNOWN_FACT,
    FactKind.UNKNOWN: Trigger.UNKNOWN_FACT,
}


def fact_of_event(fact: ProviderFact) -> Fact:
    """A webhook's fact. Refunds are recorded, and on an unpaid transaction they are a reason to ask."""
    if fact.kind is FactKind.DISPUTE_RECORDED:
        trigger = dispute_trigger(fact.event_type, fact.provider_status)
    elif fact.kind is FactKind.REFUND_RECORDED:
        succeeded = fact.provider_status == "succeeded"
        trigger = Trigger.REFUND_CONFIRMED_PARTIAL if succeeded else Trigger.UNKNOWN_FACT
    else:
        trigger = _TRIGGERS[fact.kind]
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
