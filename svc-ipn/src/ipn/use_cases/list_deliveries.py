"""Lists of notifications to a merchant and of their attempts."""

from typing import Any

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Invalid
from gateway_contracts.pages import fitted
from gateway_contracts.requests.ipn import Attempt, DeliveryPage, DeliveryQuery, DeliveryRecord
from gateway_kit.crypto.errors import DecryptionFailed
from ipn.domain.delivery import OPEN_STATES, Delivery
from ipn.ports import DeliveryStore, Sealer

PAGE_MAX = 100
DEPTH_MAX = 10_000


def scope_of(actor: Actor) -> Scope:
    """Tenant, mode and site of the caller."""
    return Scope(actor.organization_id, actor.livemode, actor.site_id)


async def list_deliveries(query: DeliveryQuery, *, actor: Actor, store: DeliveryStore, sealer: Sealer) -> DeliveryPage:
    """A page of deliveries, newest first.

    Raises:
        Invalid: the page does not exist in principle.
    """
    if query.page < 1 or not 1 <= query.limit <= PAGE_MAX:
        raise Invalid.field("limit", f"page starts at 1, limit is 1 to {PAGE_MAX}")
    if query.page * query.limit > DEPTH_MAX:
        raise Invalid.field("page", f"page x limit is at most {DEPTH_MAX}")
    found, total = await store.page(query, scope_of(actor))
    return DeliveryPage(
        deliveries=fitted(record_of(delivery, sealer) for delivery in found),
        total=total,
        page=query.page,
        limit=query.limit,
    )


def record_of(delivery: Delivery, sealer: Sealer) -> DeliveryRecord:
    """The delivery as its merchant sees it."""
    return DeliveryRecord(
        id=delivery.id,
        transaction_id=delivery.transaction_id,
        checkout_id=delivery.lane,
        ipn_status=delivery.ipn_status,
        event_version=delivery.event_version,
        dialect=delivery.dialect,
        state=_public_state(delivery),
        reason=delivery.reason if delivery.state == "superseded" else None,
        url=readable_url(delivery, sealer),
        attempts=tuple(
            Attempt(
                at=item.at,
                http_status=item.http_status,
                error=item.error,
                body_fault=item.body_fault,
                duration_ms=item.duration_ms,
            )
            for item in delivery.attempts
        ),
        next_attempt_at=delivery.next_attempt_at,
        correlation_id=delivery.correlation_id,
        created_at=delivery.created_at,
    )


def _public_state(delivery: Delivery) -> Any:
    if delivery.state in OPEN_STATES:
        return "waiting"
    return "exhausted" if delivery.state == "set_aside" else delivery.state


def readable_url(delivery: Delivery, sealer: Sealer) -> str:
    """Empty where it does not decrypt: one such delivery must not hide all others of its list."""
    try:
        return sealer.open_url(delivery)
    except DecryptionFailed:
        return ""
