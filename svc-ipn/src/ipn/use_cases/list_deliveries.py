"""Lists of notifications to a merchant and of their attempts."""

from typing import Any

from gateway_contracts.actor import Actor
from gateway_contracts.aggregates import Scope
from gateway_contracts.pages import fitted
from gateway_contracts.requests.ipn import Attempt, DeliveryPage, DeliveryQuery, DeliveryRecord
from gateway_kit.crypto.errors import DecryptionFailed
from ipn.domain.delivery import OPEN_STATES, Delivery
from ipn.ports import DeliveryStore, Sealer


def scope_of(actor: Actor) -> Scope:
    """Tenant, mode and site of the caller."""
    return Scope(actor.organization_id, actor.livemode, actor.site_id)


async def list_deliveries(query: DeliveryQuery, *, actor: Actor, store: DeliveryStore, sealer: Sealer) -> DeliveryPage:
    """A page of deliveries, newest first.

    Raises:
        Unreadable: the cursor is invalid, or the page is too far from the start.
    """
    target = sealer.target_of(_url_of(query.receiver)) if query.receiver else None
    page = await store.page(query, scope_of(actor), target=target)
    return DeliveryPage(deliveries=fitted(record_of(delivery, sealer) for delivery in page.rows), **page.facts(query))


def _url_of(receiver: str) -> str:
    return receiver if "://" in receiver else f"https://{receiver}"


def record_of(delivery: Delivery, sealer: Sealer) -> DeliveryRecord:
    """The delivery as its merchant sees it."""
    return DeliveryRecord(
        id=delivery.id,
        transaction_id=delivery.transaction_id,
        checkout_id=delivery.lane,
        site_id=delivery.site_id,
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
