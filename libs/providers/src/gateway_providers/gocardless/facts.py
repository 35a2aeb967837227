"""Lifecycle triggers from GoCardless' events.

An event names what happened and to which resource; amount and billing request come from our markers on the resource.
A payment that fails after it was confirmed is reported with the same ``failed`` as one that fails before. Which of the
two it is only the transaction knows, so both are ``declined`` here, with the dispute kind that the late one has.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from gateway_providers.events import FactKind, ProviderFact
from gateway_providers.gocardless.mapping import failure_of, link_of
from gateway_providers.gocardless.markers import Markers, markers_of

_KINDS: Final[dict[str, FactKind]] = {
    "billing_requests.fulfilled": FactKind.AUTHORIZED,
    "billing_requests.cancelled": FactKind.CANCELED,
    "billing_requests.failed": FactKind.DECLINED,
    "payments.created": FactKind.PROCESSING,
    "payments.customer_approval_granted": FactKind.PROCESSING,
    "payments.customer_approval_denied": FactKind.DECLINED,
    "payments.submitted": FactKind.PROCESSING,
    "payments.resubmission_requested": FactKind.PROCESSING,
    "payments.confirmed": FactKind.CAPTURE_CONFIRMED,
    "payments.failed": FactKind.DECLINED,
    "payments.late_failure_settled": FactKind.LATE_FAILURE,
    "payments.cancelled": FactKind.CANCELED,
    "payments.charged_back": FactKind.DISPUTE_LOST,
    "payments.chargeback_cancelled": FactKind.DISPUTE_WON,
    "payments.paid_out": FactKind.PAID_OUT,
    "refunds.created": FactKind.REFUND_PENDING,
    "refunds.paid": FactKind.REFUND_CONFIRMED,
    "refunds.failed": FactKind.REFUND_FAILED,
    "refunds.bounced": FactKind.REFUND_FAILED,
    "refunds.cancelled": FactKind.REFUND_FAILED,
    "refunds.funds_returned": FactKind.REFUND_FAILED,
}
_FAILURES: Final = frozenset({FactKind.DECLINED, FactKind.FAILED_WILL_RETRY, FactKind.LATE_FAILURE})
_CHARGEBACKS: Final = frozenset({FactKind.DISPUTE_LOST, FactKind.DISPUTE_WON})


def fact_of(event: Mapping[str, Any], occurred_at: datetime) -> ProviderFact:
    """The fact of one event; an event that we do not know is one of kind ``unknown``."""
    event_type = f"{event['resource_type']}.{event['action']}"
    details = event.get("details")
    details = details if isinstance(details, Mapping) else {}
    kind = _kind(event_type, details)
    markers = markers_of(event.get("resource_metadata"))
    resource = link_of(event, _link_name(str(event["resource_type"])))
    fact = _marked(markers, resource if event["resource_type"] == "billing_requests" else None)
    if event["resource_type"] == "refunds":
        # What was asked for, not what was paid: only the refund itself says that.
        fact.pop("amount", None)
    if kind in _FAILURES or kind is FactKind.REFUND_FAILED:
        fact["failure"] = failure_of(details.get("cause"))
    if kind in _CHARGEBACKS:
        fact["dispute_kind"] = "chargeback"
    if kind is FactKind.LATE_FAILURE or event_type == "payments.failed":
        fact["dispute_kind"] = "bank_return"
    return ProviderFact(
        kind=kind,
        event_type=event_type,
        provider_status=str(event["action"]),
        occurred_at=occurred_at,
        livemode=None,
        provider_object_id=resource,
        **fact,
    )


def _kind(event_type: str, details: Mapping[str, Any]) -> FactKind:
    if event_type == "payments.failed" and details.get("will_attempt_retry") is True:
        return FactKind.FAILED_WILL_RETRY
    if event_type.startswith("mandates."):
        return FactKind.MANDATE_CHANGED
    return _KINDS.get(event_type, FactKind.UNKNOWN)


def _marked(markers: Markers | None, billing_request: str | None) -> dict[str, Any]:
    if markers is None:
        return {"provider_payment_id": billing_request}
    return {
        "provider_payment_id": billing_request or markers.billing_request,
        "transaction_id": markers.transaction,
        "organization_id": markers.organization,
        "amount": markers.amount,
        "refund_id": markers.refund,
    }


def _link_name(resource_type: str) -> str:
    """Resource types are plural, their links singular."""
    return resource_type[:-1] if resource_type.endswith("s") else resource_type
