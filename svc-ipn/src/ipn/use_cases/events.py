"""The facts that this service publishes."""

from datetime import datetime

from gateway_contracts.events.ipn import IpnDeliveredV1, IpnExhaustedV1, IpnOutcome, IpnSupersededV1
from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.delivery import Delivery, State

_EVENTS: dict[State, type[IpnOutcome]] = {
    "delivered": IpnDeliveredV1,
    "exhausted": IpnExhaustedV1,
    "superseded": IpnSupersededV1,
}


def emit_finished(tx: Tx, delivery: Delivery, *, at: datetime, attempts: int, http_status: int | None) -> None:
    """Publish how the delivery ended."""
    why = {"reason": delivery.reason} if delivery.state == "superseded" else {}
    data = _EVENTS[delivery.state](
        delivery_id=delivery.id,
        transaction_id=delivery.transaction_id,
        checkout_id=delivery.lane,
        site_id=delivery.site_id,
        ipn_status=delivery.ipn_status,
        attempts=attempts,
        http_status=http_status,
        occurred_at=at,
        **why,
    )
    tx.emit(
        data,
        organization_id=delivery.organization_id,
        livemode=delivery.livemode,
        entity_id=delivery.id,
        sequence=delivery.version,
        correlation_id=delivery.correlation_id,
    )


def emit_superseded(tx: Tx, delivery: Delivery, *, at: datetime) -> None:
    """Publish that the delivery became pointless."""
    last = delivery.attempts[-1].http_status if delivery.attempts else None
    emit_finished(tx, delivery, at=at, attempts=len(delivery.attempts), http_status=last)
