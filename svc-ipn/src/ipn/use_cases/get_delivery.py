"""One notification to a merchant, with its attempts."""

from gateway_contracts.actor import Actor
from gateway_contracts.requests.ipn import DeliveryRecord
from ipn.errors import DeliveryNotFound
from ipn.ports import DeliveryStore, Sealer
from ipn.use_cases.list_deliveries import record_of, scope_of


async def get_delivery(delivery_id: str, *, actor: Actor, store: DeliveryStore, sealer: Sealer) -> DeliveryRecord:
    """The delivery with this id.

    Raises:
        DeliveryNotFound: no such delivery in the actor's scope.
    """
    delivery = await store.find(delivery_id, scope_of(actor))
    if delivery is None:
        raise DeliveryNotFound("no such delivery")
    return record_of(delivery, sealer)
