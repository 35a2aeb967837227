"""From the providers' port to the words of the domain."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway_providers.bounds import FACTS_MAX
from gateway_providers.errors import OutOfRange
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.ports import ProviderPayment
from transaction.domain.facts import fact_of_state
from transaction.domain.records import Fact
from transaction.domain.states import Status, Trigger
from transaction.ports import Deps

# A provider's clock and a date without its offset are hours ahead at most.
FUTURE_MAX: Final = timedelta(days=7)
_TRIGGERS: Final = {
    FactKind.CAPTURE_CONFIRMED: Trigger.CAPTURE_CONFIRMED,
    FactKind.AUTHORIZED: Trigger.AUTHORIZED,
    FactKind.PROCESSING: Trigger.PROCESSING,
    FactKind.REQUIRES_ACTION: Trigger.PROCESSING,
    FactKind.DECLINED: Trigger.DECLINED,
    FactKind.CANCELED: Trigger.CANCELED_AT_PROVIDER,
    FactKind.FAILED_WILL_RETRY: Trigger.FAILED_WILL_RETRY,
    FactKind.LATE_FAILURE: Trigger.LATE_FAILURE,
    FactKind.REFUND_PENDING: Trigger.REFUND_CONFIRMED_PARTIAL,
    FactKind.REFUND_CONFIRMED: Trigger.REFUND_CONFIRMED_PARTIAL,
    FactKind.REFUND_FAILED: Trigger.REFUND_FAILED,
    FactKind.INQUIRY_CHANGED: Trigger.INQUIRY_CHANGED,
    FactKind.DISPUTE_OPENED: Trigger.DISPUTE_OPENED,
    FactKind.DISPUTE_UNDER_REVIEW: Trigger.DISPUTE_CHANGED,
    FactKind.DISPUTE_WON: Trigger.DISPUTE_CHANGED,
    FactKind.DISPUTE_LOST: Trigger.DISPUTE_CHANGED,
    FactKind.DISPUTE_FUNDS_WITHDRAWN: Trigger.DISPUTE_CHANGED,
    FactKind.DISPUTE_FUNDS_REINSTATED: Trigger.DISPUTE_CHANGED,
    # How much is missing, or too much, is found out when it is booked.
    FactKind.MONEY_RECEIVED: Trigger.RECEIPT_PARTIAL,
}


_REFUNDS: Final[dict[FactKind, Literal["pending", "succeeded", "failed"]]] = {
    FactKind.REFUND_PENDING: "pending",
    FactKind.REFUND_CONFIRMED: "succeeded",
    FactKind.REFUND_FAILED: "failed",
}
_DISPUTES: Final[dict[FactKind, Literal["open", "under_review", "won", "lost"] | None]] = {
    FactKind.INQUIRY_CHANGED: None,
    FactKind.DISPUTE_OPENED: "open",
    FactKind.DISPUTE_UNDER_REVIEW: "under_review",
    FactKind.DISPUTE_WON: "won",
    FactKind.DISPUTE_LOST: "lost",
    FactKind.DISPUTE_FUNDS_WITHDRAWN: None,
    FactKind.DISPUTE_FUNDS_REINSTATED: None,
}
_FUNDS: Final[dict[FactKind, Literal["withdrawn", "reinstated"]]] = {
    FactKind.DISPUTE_FUNDS_WITHDRAWN: "withdrawn",
    FactKind.DISPUTE_FUNDS_REINSTATED: "reinstated",
}


def check_facts(facts: Sequence[ProviderFact], *, now: datetime) -> None:
    """What the provider's own rules cannot know: how many facts one event may have, and what the time is.

    Raises:
        OutOfRange: too many, or one dated in the future: it would make everything later look old.
    """
    if len(facts) > FACTS_MAX:
        raise OutOfRange(f"an event of {len(facts)} facts")
    if any(fact.occurred_at > now + FUTURE_MAX for fact in facts):
        raise OutOfRange("a fact from the future")


def fact_of_event(fact: ProviderFact) -> Fact:
    """A webhook's fact. Refunds and disputes of an unpaid transaction are a reason to ask."""
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
        fee_of=fact.fee_of,
        exchange=(fact.exchange.gone, fact.exchange.come) if fact.exchange else None,
        rounding=fact.rounding,
        is_payout=fact.kind is FactKind.PAID_OUT,
        refund=_REFUNDS.get(fact.kind),
        refund_id=fact.refund_id,
        is_dispute=fact.kind in _DISPUTES,
        dispute_kind=_dispute_kind(fact),
        dispute=_dispute_status(fact),
        funds=_FUNDS.get(fact.kind),
        withdrawn=fact.withdrawn.amount_minor if fact.withdrawn else None,
        is_receipt=fact.kind is FactKind.MONEY_RECEIVED,
        method=fact.method,
    )


def _dispute_kind(fact: ProviderFact) -> Literal["inquiry", "chargeback", "bank_return"] | None:
    if fact.kind is FactKind.INQUIRY_CHANGED:
        return "inquiry"
    return (fact.dispute_kind or "chargeback") if fact.kind in _DISPUTES else None


def _dispute_status(fact: ProviderFact) -> Literal["open", "under_review", "won", "lost"] | None:
    if fact.kind is FactKind.INQUIRY_CHANGED:
        return _inquiry_status(fact)
    return fact.dispute_status or _DISPUTES.get(fact.kind)


def _inquiry_status(fact: ProviderFact) -> Literal["open", "under_review", "won"]:
    """An inquiry ends without money: whatever closed it, nothing was lost."""
    if "closed" in fact.provider_status.lower():
        return "won"
    return "under_review" if "review" in fact.provider_status.lower() else "open"


def _label(fact: ProviderFact, trigger: Trigger) -> str | None:
    if fact.kind is FactKind.UNKNOWN:
        return fact.event_type
    return None if fact.kind.value == trigger.value else fact.kind.value


def fact_of_payment(
    payment: ProviderPayment, status: Status, *, deps: Deps, since: datetime | None = None
) -> Fact | None:
    """What a look at the payment proves.

    ``since`` is the provider's time of what was known when it was asked. The answer is no older than that, also where
    the provider's clock is ahead of ours.
    """
    now = deps.clock.now()
    return fact_of_state(
        payment.state,
        status,
        provider_payment_id=payment.provider_payment_id,
        provider_status=payment.provider_status,
        amount=payment.received or payment.amount,
        failure=payment.failure,
        method=payment.method,
        now=max(now, since or now),
    )
