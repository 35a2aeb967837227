"""Queues as they are: written down, or still only a first delivery that says all there is to know."""

from collections.abc import Collection
from dataclasses import dataclass

from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.delivery import Delivery
from ipn.domain.delivery_queue import DeliveryQueue, taking_in
from ipn.ports import DeliveryStore


@dataclass(frozen=True)
class KnownQueues:
    """The known state of some queues.

    Attributes:
        queues: those that exist, first deliveries that stand alone taken in.
        first_deliveries: the first of each queue, by checkout.
        stored: the queues that are written down, as they are.
    """

    queues: dict[str, DeliveryQueue]
    first_deliveries: dict[str, Delivery]
    stored: dict[str, DeliveryQueue]

    def save(self, tx: Tx, changed: Collection[DeliveryQueue], store: DeliveryStore) -> None:
        """Write changed queues, before any other delivery of theirs.

        Their first deliveries stand alone no more; a process that just made an attempt of one finds a newer version.
        """
        for first in (self.first_deliveries[queue.id] for queue in changed if queue.id in self.first_deliveries):
            if first.solo:
                store.save(tx, first, first.changed(solo=False))
        store.save_queues(tx, self.stored, changed)


async def known_queues(tx: Tx, keys: Collection[str], store: DeliveryStore) -> KnownQueues:
    """Read queues."""
    stored = await store.queues(tx, keys)
    queues = dict(stored)
    first_deliveries = await store.first_deliveries(tx, keys)
    for key, first in first_deliveries.items():
        if first.solo:
            queues[key] = taking_in(queues.get(key) or DeliveryQueue(id=key), first)
    return KnownQueues(queues, first_deliveries, stored)
