"""From the providers' port to the words of the domain."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, assert_never

from gateway_providers.bounds import FACTS_MAX
from gateway_providers.errors import OutOfRange
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.ports import ProviderPayment
from transaction.domain.provider_states import report_of_state
from transaction.domain.reports import (
    DisputeReported,
    FeeReported,
    PaymentReported,
    PayoutReported,
    ProviderReport,
    RefundReported,
    TransferReceived,
)
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
# Those that are not here report the money alone.
_DISPUTES: Final[dict[FactKind, Literal["open", "under_review", "won", "lost"]]] = {
    FactKind.DISPUTE_OPENED: "open",
    FactKind.DISPUTE_UNDER_REVIEW: "under_review",
    FactKind.DISPUTE_WON: "won",
    FactKind.DISPUTE_LOST: "lost",
}
_FUNDS: Final[dict[FactKind, Literal["withdrawn", "reinstated"]]] = {
    FactKind.DISPUTE_FUNDS_WITHDRAWN: "withdrawn",
    FactKind.DISPUTE_FUNDS_REINSTATED: "reinstated",
}


def check_facts(facts: Sequence[ProviderFact], *, now: datetime) -> None:
    """Check limits that connectors do not check: the number of facts in an event, and times in the future.

    Raises:
        OutOfRange: too many, or one dated in the future: it would make everything later look old.
    """
    if len(facts) > FACTS_MAX:
        raise OutOfRange(f"an event of {len(facts)} facts")
    if any(fact.occurred_at > now + FUTURE_MAX for fact in facts):
        raise OutOfRange("an event with a time in the future")


def report_of_event(fact: ProviderFact) -> ProviderReport:
    """The report of a webhook. Refunds and disputes of an unpaid transaction are a reason to ask."""
    common = _common(fact)
    match fact.kind:
        case (
            FactKind.CAPTURE_CONFIRMED
            | FactKind.AUTHORIZED
            | FactKind.PROCESSING
            | FactKind.REQUIRES_ACTION
            | FactKind.DECLINED
            | FactKind.CANCELED
            | FactKind.FAILED_WILL_RETRY
            | FactKind.LATE_FAILURE
            | FactKind.MANDATE_CHANGED
            | FactKind.UNKNOWN
        ):
            return PaymentReported(**common, failure=fact.failure, method=fact.method)
        case FactKind.REFUND_PENDING | FactKind.REFUND_CONFIRMED | FactKind.REFUND_FAILED:
            return RefundReported(**common, state=_REFUNDS[fact.kind], failure=fact.failure)
        case (
            FactKind.INQUIRY_CHANGED
            | FactKind.DISPUTE_OPENED
            | FactKind.DISPUTE_UNDER_REVIEW
            | FactKind.DISPUTE_WON
            | FactKind.DISPUTE_LOST
            | FactKind.DISPUTE_FUNDS_WITHDRAWN
            | FactKind.DISPUTE_FUNDS_REINSTATED
        ):
            return _dispute(fact, common)
        case FactKind.FEE_KNOWN:
            exchange = (fact.exchange.gone, fact.exchange.come) if fact.exchange else None
            return FeeReported(**common, fee_of=fact.fee_of, exchange=exchange, rounding=fact.rounding)
        case FactKind.PAID_OUT:
            return PayoutReported(**common)
        case FactKind.MONEY_RECEIVED:
            return TransferReceived(**common)
        case _:
            assert_never(fact.kind)


def _common(fact: ProviderFact) -> dict[str, Any]:
    trigger = _TRIGGERS.get(fact.kind, Trigger.UNKNOWN_FACT)
    return {
        "trigger": trigger,
        "event_type": fact.event_type,
        "provider_status": fact.provider_status,
        "occurred_at": fact.occurred_at,
        "label": _label(fact, trigger),
        "provider_payment_id": fact.provider_payment_id,
        "transaction_id": fact.transaction_id,
        "refund_id": fact.refund_id,
        "provider_object_id": fact.provider_object_id,
        "amount": fact.amount,
    }


def _dispute(fact: ProviderFact, common: dict[str, Any]) -> DisputeReported:
    withdrawn = fact.withdrawn.amount_minor if fact.withdrawn else None
    if fact.kind is FactKind.INQUIRY_CHANGED:
        return DisputeReported(**common, kind="inquiry", state=_inquiry_status(fact), withdrawn=withdrawn)
    return DisputeReported(
        **common,
        kind=fact.dispute_kind or "chargeback",
        state=fact.dispute_status or _DISPUTES.get(fact.kind),
        funds=_FUNDS.get(fact.kind),
        withdrawn=withdrawn,
    )


def _inquiry_status(fact: ProviderFact) -> Literal["open", "under_review", "won"]:
    """An inquiry ends without money: whatever closed it, nothing was lost."""
    if "closed" in fact.provider_status.lower():
        return "won"
    return "under_review" if "review" in fact.provider_status.lower() else "open"


def _label(fact: ProviderFact, trigger: Trigger) -> str | None:
    if fact.kind is FactKind.UNKNOWN:
        return fact.event_type
    return None if fact.kind.value == trigger.value else fact.kind.value


def report_of_payment(
    payment: ProviderPayment, status: Status, *, deps: Deps, since: datetime | None = None
) -> PaymentReported | None:
    """Report of a payment that was fetched.

    ``since`` is the provider's time of what was known when it was asked. The answer is no older than that, also where
    the provider's clock is ahead of ours.
    """
    now = deps.clock.now()
    return report_of_state(
        payment.state,
        status,
        provider_payment_id=payment.provider_payment_id,
        provider_status=payment.provider_status,
        amount=payment.received or payment.amount,
        failure=payment.failure,
        method=payment.method,
        now=max(now, since or now),
    )
