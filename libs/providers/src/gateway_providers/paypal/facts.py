"""Lifecycle triggers from PayPal's events."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from gateway_contracts.errors import Unreadable
from gateway_providers.errors import OutOfRange
from gateway_providers.events import Exchange, FactKind, ProviderFact
from gateway_providers.paypal.mapping import (
    failure_of,
    link_of,
    money_of,
    objects_of,
    reason_of,
    refund_state_of,
    text_of,
    unit_of,
)
from gateway_providers.paypal.markers import Markers, markers_of
from gateway_providers.words import word

Fields = dict[str, Any]
Reader = Callable[[Mapping[str, Any]], list[Fields]]

_REFUND_KINDS: Final[dict[str, FactKind]] = {
    "pending": FactKind.REFUND_PENDING,
    "succeeded": FactKind.REFUND_CONFIRMED,
    "failed": FactKind.REFUND_FAILED,
    "canceled": FactKind.REFUND_FAILED,
}
_OUTCOMES: Final[dict[str, FactKind]] = {
    "RESOLVED_BUYER_FAVOUR": FactKind.DISPUTE_LOST,
    "ACCEPTED": FactKind.DISPUTE_LOST,
    "RESOLVED_SELLER_FAVOUR": FactKind.DISPUTE_WON,
    # PayPal pays the buyer itself, or the buyer gave up.
    "RESOLVED_WITH_PAYOUT": FactKind.DISPUTE_WON,
    "CANCELED_BY_BUYER": FactKind.DISPUTE_WON,
    "DENIED": FactKind.DISPUTE_WON,
}
_DISPUTE_STATES: Final[dict[str, FactKind]] = {
    "OPEN": FactKind.DISPUTE_OPENED,
    "WAITING_FOR_BUYER_RESPONSE": FactKind.DISPUTE_OPENED,
    "WAITING_FOR_SELLER_RESPONSE": FactKind.DISPUTE_OPENED,
    "UNDER_REVIEW": FactKind.DISPUTE_UNDER_REVIEW,
    "APPEALABLE": FactKind.DISPUTE_UNDER_REVIEW,
}


def _order(kind: FactKind) -> Reader:
    def read(order: Mapping[str, Any]) -> list[Fields]:
        unit = unit_of(order)
        fields = _marked(unit) | {"kind": kind, "provider_payment_id": _order_id(order)}
        return [fields | {"amount": money_of(unit) if "amount" in unit else None}]

    return read


def _capture(kind: FactKind) -> Reader:
    def read(capture: Mapping[str, Any]) -> list[Fields]:
        common = _marked(capture) | {
            "provider_payment_id": _order_of(capture),
            "provider_object_id": text_of(capture, "id"),
        }
        fact = common | {"kind": kind, "amount": money_of(capture)}
        if kind is FactKind.DECLINED:
            fact["failure"] = failure_of(reason_of(capture))
        if kind is not FactKind.CAPTURE_CONFIRMED:
            return [fact]
        return [fact, *_settlement_of(capture.get("seller_receivable_breakdown"), common, "receivable_amount")]

    return read


def _settlement_of(breakdown: Any, common: Fields, converted: str, *, sign: int = 1) -> list[Fields]:
    """The fee, and what the rest became where the account has another currency. ``sign`` is -1 for money that left."""
    if not isinstance(breakdown, Mapping):
        return []
    settled: Fields = {}
    if "paypal_fee" in breakdown:
        fee = money_of(breakdown, "paypal_fee")
        settled["amount"] = fee if sign > 0 else -fee
    if converted in breakdown and "net_amount" in breakdown:
        gone, come = money_of(breakdown, "net_amount"), money_of(breakdown, converted)
        if gone.currency != come.currency and gone.amount_minor and come.amount_minor:
            settled["exchange"] = Exchange(gone, come) if sign > 0 else Exchange(-gone, -come)
    return [common | {"kind": FactKind.FEE_KNOWN, **settled}] if settled else []


def _refund(refund: Mapping[str, Any]) -> list[Fields]:
    kind = _REFUND_KINDS.get(refund_state_of(refund.get("status")), FactKind.UNKNOWN)
    fact = _marked(refund) | {
        "kind": kind,
        "provider_payment_id": _order_of(refund),
        "provider_object_id": text_of(refund, "id"),
        "amount": money_of(refund),
    }
    if kind is FactKind.REFUND_FAILED:
        fact["failure"] = failure_of(reason_of(refund))
    if kind is not FactKind.REFUND_CONFIRMED:
        return [fact]
    common = {name: value for name, value in fact.items() if name not in ("kind", "amount", "refund_id")}
    breakdown = refund.get("seller_payable_breakdown")
    return [fact, *_settlement_of(breakdown, common, "net_amount_in_receivable_currency", sign=-1)]


def _reversal(reversal: Mapping[str, Any]) -> list[Fields]:
    """Money that PayPal took back on its own: a lost dispute, whatever went before."""
    return [
        _marked(reversal)
        | {
            "kind": FactKind.DISPUTE_LOST,
            "dispute_kind": "chargeback",
            "provider_payment_id": _order_of(reversal),
            "provider_object_id": text_of(reversal, "id"),
            "amount": money_of(reversal),
        }
    ]


def _dispute(dispute: Mapping[str, Any]) -> list[Fields]:
    """One fact for each payment that it is about."""
    disputed = objects_of(dispute, "disputed_transactions")
    kind = _dispute_kind(dispute)
    facts = []
    for item in disputed:
        amount = money_of(dispute, "dispute_amount") if len(disputed) == 1 else money_of(item, "gross_amount")
        fact = _marked(item, "custom") | {"kind": kind, "amount": amount}
        facts.append(fact | {"provider_object_id": text_of(dispute, "dispute_id"), "dispute_kind": "chargeback"})
    return facts or [{"kind": FactKind.UNKNOWN, "provider_object_id": text_of(dispute, "dispute_id")}]


def _dispute_kind(dispute: Mapping[str, Any]) -> FactKind:
    status = str(dispute.get("status"))
    outcome = dispute.get("dispute_outcome")
    if status == "RESOLVED":
        code = outcome.get("outcome_code") if isinstance(outcome, Mapping) else None
        return _OUTCOMES.get(str(code), FactKind.UNKNOWN)
    if dispute.get("dispute_life_cycle_stage") == "INQUIRY":
        # Buyer and seller talk; nothing is decided and nothing taken.
        return FactKind.INQUIRY_CHANGED
    return _DISPUTE_STATES.get(status, FactKind.UNKNOWN)


_READERS: Final[dict[str, Reader]] = {
    "CHECKOUT.ORDER.APPROVED": _order(FactKind.AUTHORIZED),
    "CHECKOUT.ORDER.VOIDED": _order(FactKind.CANCELED),
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": _order(FactKind.CANCELED),
    "PAYMENT.CAPTURE.COMPLETED": _capture(FactKind.CAPTURE_CONFIRMED),
    "PAYMENT.CAPTURE.PENDING": _capture(FactKind.PROCESSING),
    "PAYMENT.CAPTURE.DENIED": _capture(FactKind.DECLINED),
    "PAYMENT.CAPTURE.DECLINED": _capture(FactKind.DECLINED),
    "PAYMENT.CAPTURE.REFUNDED": _refund,
    "PAYMENT.REFUND.PENDING": _refund,
    "PAYMENT.REFUND.FAILED": _refund,
    "PAYMENT.CAPTURE.REVERSED": _reversal,
    "CUSTOMER.DISPUTE.CREATED": _dispute,
    "CUSTOMER.DISPUTE.UPDATED": _dispute,
    "CUSTOMER.DISPUTE.RESOLVED": _dispute,
}
EVENT_TYPES: Final = tuple(_READERS)
"""The events to subscribe the webhook to."""


def facts_of(event: Mapping[str, Any], occurred_at: datetime) -> list[ProviderFact]:
    """The facts of one event.

    Raises:
        OutOfRange: see `ProviderFact`.
        Unreadable: an object that carries our marker lacks what its event must have.
    """
    resource = event.get("resource")
    resource = resource if isinstance(resource, Mapping) else {}
    common: Fields = {
        "event_type": event["event_type"],
        "provider_status": word(resource.get("status")),
        "occurred_at": occurred_at,
        "livemode": _livemode(event),
    }
    try:
        return [ProviderFact(**(common | fields)) for fields in _read(event["event_type"], resource)]
    except OutOfRange:
        raise
    except Unreadable:
        # A foreign payment in a shared account may be in a currency that we do not handle; ours must be readable.
        if _is_ours(resource):
            raise
        return [ProviderFact(**(common | {"kind": FactKind.UNKNOWN}))]


def _read(event_type: str, resource: Mapping[str, Any]) -> list[Fields]:
    reader = _READERS.get(event_type)
    return [_marked(resource) | {"kind": FactKind.UNKNOWN}] if reader is None else reader(resource)


def _is_ours(resource: Mapping[str, Any]) -> bool:
    texts = [resource.get("custom_id")]
    texts += [unit.get("custom_id") for unit in objects_of(resource, "purchase_units")]
    texts += [item.get("custom") for item in objects_of(resource, "disputed_transactions")]
    return any(markers_of(text) for text in texts)


def _marked(item: Mapping[str, Any], name: str = "custom_id") -> Fields:
    markers: Markers | None = markers_of(item.get(name))
    if markers is None:
        return {}
    return {
        "transaction_id": markers.transaction,
        "organization_id": markers.organization,
        "refund_id": markers.refund,
    }


def _order_id(order: Mapping[str, Any]) -> str | None:
    return text_of(order, "order_id") or text_of(order, "id")


def _order_of(item: Mapping[str, Any]) -> str | None:
    """The order behind a capture or refund: named in its data, or the link upwards."""
    data = item.get("supplementary_data")
    related = data.get("related_ids") if isinstance(data, Mapping) else None
    named = text_of(related, "order_id") if isinstance(related, Mapping) else None
    up = urlsplit(link_of(item, "up") or "").path
    return named or (up.rpartition("/")[2] if "/checkout/orders/" in up else None)


def _livemode(event: Mapping[str, Any]) -> bool | None:
    """The mode by the address that the event has at PayPal; None when it is elsewhere."""
    host = urlsplit(link_of(event, "self") or "").hostname or ""
    if not host.endswith(".paypal.com"):
        return None
    return not host.endswith(".sandbox.paypal.com")
