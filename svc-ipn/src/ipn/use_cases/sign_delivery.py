"""Give a notification out as it would be sent now, for a receiver that the gateway cannot reach."""

from gateway_contracts.actor import Actor
from gateway_contracts.clock import Clock
from gateway_contracts.requests.ipn import SignedDelivery
from ipn.errors import DeliveryNotFound
from ipn.ports import DeliveryStore, Sealer, Signer
from ipn.use_cases.list_deliveries import scope_of


async def sign_delivery(
    delivery_id: str, *, actor: Actor, store: DeliveryStore, sealer: Sealer, signer: Signer, clock: Clock
) -> SignedDelivery:
    """The stored body with a fresh signature. It is no attempt: the delivery stays as it is.

    Raises:
        DeliveryNotFound: no such delivery in the actor's scope.
        DecryptionFailed, KeyUnavailable: the stored body cannot be read.
        GatewayError: the site has no secret (``NO_SIGNING_SECRET``).
    """
    delivery = await store.find(delivery_id, scope_of(actor))
    if delivery is None:
        raise DeliveryNotFound("no such delivery")
    body = sealer.open_body(delivery)
    headers = signer.headers(delivery, body, clock.now())
    return SignedDelivery(delivery_id=delivery.id, body=body.decode(), headers=headers)
