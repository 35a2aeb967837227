"""Lifecycle triggers from Stripe's events."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_providers.errors import OutOfRange
from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND, MARKER_TRANSACTION
from gateway_providers.stripe.balance import settlement_of
from gateway_providers.stripe.mapping import failure_of, metadata_of, money_of, reference_of
from gateway_providers.stripe.methods import stripe_method
from gateway_providers.stripe.refunds import state_of
from gateway_providers.words import word

Fields = dict[str, Any]
Reader = Callable[[Mapping[str, Any]], Fields | list[Fields]]

_REFUND_KINDS: Final[dict[str, FactKind]] = {
    "pending": FactKind.REFUND_PENDING,
    "succeeded": FactKind.REFUND_CONFIRMED,
    "failed": FactKind.REFUND_FAILED,
    "canceled": FactKind.REFUND_FAILED,
}
_DISPUTE_KINDS: Final[dict[str, FactKind]] = {
    "warning_needs_response": FactKind.INQUIRY_CHANGED,
    "warning_under_review": FactKind.INQUIRY_CHANGED,
    "warning_closed": FactKind.INQUIRY_CHANGED,
    "needs_response": FactKind.DISPUTE_OPENED,
    "under_review": FactKind.DISPUTE_UNDER_REVIEW,
    "won": FactKind.DISPUTE_WON,
    "prevented": FactKind.DISPUTE_WON,
    "lost": FactKind.DISPUTE_LOST,
}


_DISPUTE_STATES: Final = {
    "needs_response": "open",
    "under_review": "under_review",
    "won": "won",
    "prevented": "won",
    "lost": "lost",
}


def _intent(kind: FactKind, amount_field: str) -> Reader:
    def read(intent: Mapping[str, Any]) -> dict[str, Any]:
        fact: dict[str, Any] = {"kind": kind, "provider_payment_id": reference_of(intent)}
        fact["amount"] = money_of(intent, amount_field)
        fact["method"] = stripe_method(intent.get("latest_charge"))
        if kind is FactKind.DECLINED:
            fact["failure"] = failure_of(intent.get("last_payment_error")) or failure_of({"type": "payment_failed"})
        return fact

    return read


def _refund(refund: Mapping[str, Any]) -> list[Fields]:
    reason = refund.get("failure_reason")
    fact: Fields = {
        "kind": _REFUND_KINDS.get(state_of(refund.get("status")), FactKind.UNKNOWN),
        "provider_payment_id": reference_of(refund.get("payment_intent")),
        "provider_object_id": reference_of(refund),
        "refund_id": metadata_of(refund).get(MARKER_REFUND),
        "amount": money_of(refund, "amount"),
        "failure": failure_of({"code": reason}) if reason else None,
    }
    names = ("balance_transaction", "failure_balance_transaction")
    return [fact, *(known for name in names for known in _settlement_facts(refund.get(name), fact))]


def _dispute(event_kind: FactKind | None = None) -> Reader:
    """``event_kind`` is what the event itself says; None where only the dispute's status speaks."""

    def read(dispute: Mapping[str, Any]) -> list[Fields]:
        kind = event_kind or _DISPUTE_KINDS.get(str(dispute.get("status")), FactKind.UNKNOWN)
        fact: Fields = {
            "kind": kind,
            "provider_payment_id": reference_of(dispute.get("payment_intent")),
            "provider_object_id": reference_of(dispute),
            "dispute_kind": "chargeback",
            "amount": money_of(dispute, "amount"),
        }
        if event_kind is not None:
            # The decision may be reported here first, or nowhere else: money of a lost dispute that comes back.
            fact["dispute_status"] = _DISPUTE_STATES.get(str(dispute.get("status")))
            fact["withdrawn"] = _withdrawn(dispute, fact["amount"])
        return [fact, *(_dispute_fees(dispute, fact) if event_kind is not None else ())]

    return read


def _withdrawn(dispute: Mapping[str, Any], disputed: Money) -> Money | None:
    """Amount that all entries of the balance so far leave withdrawn, negative where more came back.

    None where they are missing or in another currency.
    """
    entries = dispute.get("balance_transactions")
    if not isinstance(entries, list) or not entries:
        return None
    taken = 0
    for entry in entries:
        if not isinstance(entry, Mapping) or str(entry.get("currency")).upper() != disputed.currency:
            return None
        taken -= money_of(entry, "amount").amount_minor
    return Money(min(taken, disputed.amount_minor), disputed.currency)


def _dispute_fees(dispute: Mapping[str, Any], fact: Fields) -> Iterator[Fields]:
    """Every event repeats all entries of the balance; only those about money are read, and each entry counts once."""
    entries = dispute.get("balance_transactions")
    for entry in entries if isinstance(entries, list) else ():
        for known in _settlement_facts(entry, fact):
            yield known | {"fee_of": "dispute"}


def _fee(charge: Mapping[str, Any]) -> Fields | list[Fields]:
    """The fee is known once the charge has its balance transaction; the event names it, the amount may need a fetch."""
    payment = _payment_of(charge)
    moved = {"amount": money_of(charge, "amount_captured") if "amount_captured" in charge else None}
    return _settlement_facts(charge.get("balance_transaction"), payment | moved) or payment | {"kind": FactKind.UNKNOWN}


def _payment_of(charge: Mapping[str, Any]) -> Fields:
    return {"provider_payment_id": reference_of(charge.get("payment_intent"))}


def _method(charge: Mapping[str, Any]) -> Fields:
    """A charge says how it was paid, which the events of its payment do not; it comes before them."""
    return _payment_of(charge) | {
        "kind": FactKind.UNKNOWN,
        "method": stripe_method(charge),
        # The charge's word, not that of its payment.
        "provider_status": "",
    }


def _settlement_facts(balance: Any, moved: Fields) -> list[Fields]:
    """The fact of a balance transaction; one that is only named has no amount, and is asked for."""
    reference = reference_of(balance)
    if reference is None:
        return []
    fact = {
        "kind": FactKind.FEE_KNOWN,
        "provider_payment_id": moved["provider_payment_id"],
        "provider_object_id": reference,
    }
    if not isinstance(balance, Mapping) or "fee" not in balance:
        return [fact]
    settlement = settlement_of(balance, moved["amount"])
    nothing = Money(0, str(balance["currency"]).upper())
    return [
        fact | {"amount": settlement.fee or nothing, "exchange": settlement.exchange, "rounding": settlement.rounding}
    ]


_READERS: Final[dict[str, Reader]] = {
    "payment_intent.succeeded": _intent(FactKind.CAPTURE_CONFIRMED, "amount_received"),
    "payment_intent.amount_capturable_updated": _intent(FactKind.AUTHORIZED, "amount_capturable"),
    "payment_intent.processing": _intent(FactKind.PROCESSING, "amount"),
    "payment_intent.requires_action": _intent(FactKind.REQUIRES_ACTION, "amount"),
    "payment_intent.payment_failed": _intent(FactKind.DECLINED, "amount"),
    "payment_intent.canceled": _intent(FactKind.CANCELED, "amount"),
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute(),
    "charge.dispute.updated": _dispute(),
    "charge.dispute.closed": _dispute(),
    "charge.dispute.funds_withdrawn": _dispute(FactKind.DISPUTE_FUNDS_WITHDRAWN),
    "charge.dispute.funds_reinstated": _dispute(FactKind.DISPUTE_FUNDS_REINSTATED),
    "charge.succeeded": _method,
    "charge.updated": _fee,
}
EVENT_TYPES: Final = tuple(_READERS)
"""The events to register the webhook endpoint for."""


def facts_of(event: Mapping[str, Any], occurred_at: datetime) -> list[ProviderFact]:
    """The facts of one event.

    Raises:
        OutOfRange: see `ProviderFact`.
        Unreadable: an object that carries our marker lacks what its event must have.
    """
    data = event.get("data")
    subject = data.get("object") if isinstance(data, Mapping) else None
    if not isinstance(subject, Mapping):
        subject = {}
    metadata = metadata_of(subject)
    common: dict[str, Any] = {
        "event_type": event["type"],
        "provider_status": word(subject.get("status")),
        "occurred_at": occurred_at,
        "livemode": event.get("livemode") is True,
        "account": _account_of(event),
        "transaction_id": metadata.get(MARKER_TRANSACTION),
        "organization_id": metadata.get(MARKER_ORGANIZATION),
    }
    try:
        return [ProviderFact(**(common | fields)) for fields in _read(event["type"], subject)]
    except OutOfRange:
        raise
    except Unreadable:
        # A foreign object in a shared account may be in a currency that we do not handle; ours must be readable.
        if MARKER_TRANSACTION in metadata:
            raise
        return [ProviderFact(**(common | _unknown(subject)))]


def _account_of(event: Mapping[str, Any]) -> str | None:
    """The connected account of the event; ``context`` is its name in thin events and those of an organization."""
    named = {word(event[name]) for name in ("account", "context") if event.get(name) not in (None, "")}
    if not named:
        return None
    # Two names, or one that cannot be read, name no account.
    return named.pop() or "unreadable" if len(named) == 1 else "ambiguous"


def _read(event_type: str, subject: Mapping[str, Any]) -> list[Fields]:
    reader = _READERS.get(event_type)
    if reader is None:
        return [_unknown(subject)]
    read = reader(subject)
    return read if isinstance(read, list) else [read]


def _unknown(subject: Mapping[str, Any]) -> Fields:
    payment = reference_of(subject) if subject.get("object") == "payment_intent" else None
    return {"kind": FactKind.UNKNOWN, "provider_payment_id": payment}
