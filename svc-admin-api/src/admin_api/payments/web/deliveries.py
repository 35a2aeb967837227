"""Notifications of the merchant's server."""

import re
from typing import Annotated, Final

from fastapi import Depends, Path, Query

from admin_api.edge.dependencies import ActorIn
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.payments.web.filters import DeliveryListIn
from admin_api.payments.web.schemas.payments import DeliveryListView
from admin_api.shared.domain.effects import Effect
from admin_api.shared.errors import not_found
from gateway_contracts.requests.ipn import LIST_DELIVERIES, RESEND, SIGN, DeliveryQuery, DeliveryRef

router = new_router(tags=["notifications"])
_FORM: Final = re.compile(r"[0-9a-z_]{1,64}")


def known_delivery(
    delivery_id: Annotated[str, Path(description="`deliveryId` of the notification.")], _actor: ActorIn
) -> str:
    """The id in the path; a malformed one cannot exist. Who asks is known first."""
    if not _FORM.fullmatch(delivery_id):
        raise not_found("delivery")
    return delivery_id


@forwarded(router, "GET", "/ipn/deliveries", LIST_DELIVERIES, scope="transaction:read", answer=DeliveryListView)
def list_deliveries(query: Annotated[DeliveryListIn, Query()]) -> DeliveryQuery:
    """Notifications of this key's mode with their attempts, newest first. `state=exhausted` lists those that failed.

    Where a page would be too large, later rows come without their attempts and say so (`abridged`).
    """
    return query.to(DeliveryQuery)


@forwarded(
    router,
    "POST",
    "/ipn/deliveries/{delivery_id}/resend",
    RESEND,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="ipn_delivery.resend",
)
def resend(delivery_id: Annotated[str, Depends(known_delivery)]) -> DeliveryRef:
    """Send a notification again now: the same body and `deliveryId`, with a new signature.

    A failed attempt does not change its state. A waiting notification is sent at once, as its next attempt. While
    another notification of the same checkout is open: 409 `DELIVERY_IN_PROGRESS`.
    """
    return DeliveryRef(delivery_id=delivery_id)


@forwarded(
    router,
    "POST",
    "/ipn/deliveries/{delivery_id}/sign",
    SIGN,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="ipn_delivery.sign",
)
def sign(delivery_id: Annotated[str, Depends(known_delivery)]) -> DeliveryRef:
    """The notification as it would be sent now, with a new signature, for a receiver that the gateway cannot reach.

    `gateway tail --forward` sends it to a developer's machine. It is no attempt: the notification stays as it is.
    """
    return DeliveryRef(delivery_id=delivery_id)
