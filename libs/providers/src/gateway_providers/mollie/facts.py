"""Facts of a fetched payment: one fact per state of the payment, of each refund, of each chargeback.

A thin event's own id says nothing (refunds and chargebacks call with the same payment id again), so each fact is
identified by what was seen: the same state seen twice is the same fact.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_providers.errors import PartlyUnreadable
from gateway_providers.events import Exchange, FactKind, ProviderFact
from gateway_providers.mollie.amounts import from_mollie
from gateway_providers.mollie.mapping import failure_of, metadata_of, payment_of, refund_of, time_of
from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND, MARKER_TRANSACTION, ProviderAccount
from gateway_providers.words import word

Reader = Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]

_PAYMENT_KINDS: Final[dict[str, FactKind]] = {
    "processing": FactKind.PROCESSING,
    "authorized": FactKind.AUTHORIZED,
    "succeeded": FactKind.CAPTURE_CONFIRMED,
    "failed": FactKind.DECLINED,
    "canceled": FactKind.CANCELED,
    "unknown": FactKind.UNKNOWN,
}
_REFUND_KINDS: Final[dict[str, FactKind]] = {
    "pending": FactKind.REFUND_PENDING,
    "succeeded": FactKind.REFUND_CONFIRMED,
    "failed": FactKind.REFUND_FAILED,
    "canceled": FactKind.REFUND_FAILED,
    "unknown": FactKind.UNKNOWN,
}
# When a payment reached its status; Mollie has a field per status.
_MOMENTS: Final = {
    "authorized": "authorizedAt",
    "paid": "paidAt",
    "failed": "failedAt",
    "canceled": "canceledAt",
    "expired": "expiredAt",
}


def facts_of(payment: Mapping[str, Any], account: ProviderAccount) -> list[ProviderFact]:
    """Everything that the payment says, with its refunds and chargebacks embedded.

    Raises:
        PartlyUnreadable: a part lacks what it must have, or holds what cannot be kept; the others are with the error.
    """
    metadata = metadata_of(payment)
    common: dict[str, Any] = {
        "provider_payment_id": payment.get("id"),
        "livemode": payment.get("mode") == "live",
        "transaction_id": metadata.get(MARKER_TRANSACTION),
        "organization_id": metadata.get(MARKER_ORGANIZATION),
    }
    found: list[ProviderFact] = []
    problem: Unreadable | None = None
    for read, item in _parts(payment):
        try:
            for fact in read(item):
                key = _key(account.id, payment.get("id"), *fact["event_key"])
                found.append(ProviderFact(**common, **{**fact, "event_key": key}))
        except Unreadable as exc:
            problem = exc
    if problem is not None:
        raise PartlyUnreadable(problem.message, found) from problem
    return found


def _parts(payment: Mapping[str, Any]) -> Iterator[tuple[Reader, Mapping[str, Any]]]:
    refunds, chargebacks = _embedded(payment, "refunds"), _embedded(payment, "chargebacks")
    yield _payment_facts, payment
    yield from ((_refund_facts, item) for item in refunds)
    yield from ((_chargeback_facts, item) for item in chargebacks)
    yield from ((_exchanges, item) for item in (payment, *refunds, *chargebacks))


def _payment_facts(payment: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    seen = payment_of(payment)
    kind = _PAYMENT_KINDS.get(seen.state)
    if kind is None:
        return  # it waits for its customer: nothing new
    status = seen.provider_status
    yield {
        "kind": kind,
        "event_type": f"payment.{status}",
        "provider_status": status,
        "occurred_at": time_of(payment.get(_MOMENTS.get(status, ""))) or _created(payment),
        "amount": seen.amount,
        "failure": failure_of(payment) if kind is FactKind.DECLINED else None,
        "method": seen.method,
        "event_key": ("payment", status),
    }


def _refund_facts(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    refund = refund_of(item)
    yield {
        "kind": _REFUND_KINDS[refund.state],
        "event_type": f"refund.{refund.provider_status}",
        "provider_status": refund.provider_status,
        "occurred_at": _created(item),
        "amount": refund.amount,
        "provider_object_id": refund.provider_refund_id,
        "refund_id": metadata_of(item).get(MARKER_REFUND),
        "event_key": ("refund", refund.provider_refund_id, refund.provider_status),
    }


def _chargeback_facts(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A chargeback takes the money at once; its reversal brings it back. A reversal alone tells both."""
    identifier = item.get("id")
    if not isinstance(identifier, str):
        raise Unreadable("Mollie answered a chargeback without its id")
    fact = {
        "amount": from_mollie(item, "amount"),
        "provider_object_id": identifier,
        "dispute_kind": "chargeback",
    }
    yield fact | {
        "kind": FactKind.DISPUTE_LOST,
        "event_type": "chargeback.received",
        "provider_status": "charged_back",
        "occurred_at": _created(item),
        "event_key": ("chargeback", identifier, ""),
    }
    reversed_at = time_of(item.get("reversedAt"))
    if reversed_at is not None:
        yield fact | {
            "kind": FactKind.DISPUTE_WON,
            "event_type": "chargeback.reversed",
            "provider_status": "reversed",
            "occurred_at": reversed_at,
            "event_key": ("chargeback", identifier, str(item["reversedAt"])),
        }


def _exchanges(item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Amounts paid, refunded or charged back in another currency than the account's. Fees are in no payment."""
    if not isinstance(item.get("settlementAmount"), Mapping):
        return
    gone, come = from_mollie(item, "amount"), from_mollie(item, "settlementAmount")
    if gone.currency == come.currency or not gone.amount_minor or not come.amount_minor:
        return
    identifier = str(item.get("id"))
    yield {
        "kind": FactKind.FEE_KNOWN,
        "event_type": "settled",
        "provider_status": word(item.get("status")),
        "occurred_at": _created(item),
        "provider_object_id": identifier,
        "exchange": Exchange(gone if come.amount_minor > 0 else -gone, come),
        "event_key": ("settled", identifier),
    }


def _embedded(payment: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Oldest first: what happened later is reported later."""
    embedded = payment.get("_embedded")
    items = embedded.get(name) if isinstance(embedded, Mapping) else None
    known = [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    return sorted(known, key=lambda item: str(item.get("createdAt")))


def _created(item: Mapping[str, Any]) -> datetime:
    moment = time_of(item.get("createdAt"))
    if moment is None:
        raise Unreadable("Mollie object without its time")
    return moment


def _key(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode("utf-8", "backslashreplace")).hexdigest()[:32]
