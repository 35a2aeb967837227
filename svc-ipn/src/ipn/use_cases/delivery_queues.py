"""Lanes as they are: written down, or still only a first delivery that says all there is to know."""

from collections.abc import Collection
from dataclasses import dataclass

from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.delivery import Delivery
from ipn.domain.delivery_queue import Lane, taking_in
from ipn.ports import DeliveryStore


@dataclass(frozen=True)
class KnownLanes:
    """What is known of some lanes.

    Attributes:
        lanes: those that exist, first deliveries that stand alone taken in.
        openers: the first deliveries, by lane.
        stored: the lanes that are written down, as they are.
    """

    lanes: dict[str, Lane]
    openers: dict[str, Delivery]
    stored: dict[str, Lane]

    def save(self, tx: Tx, changed: Collection[Lane], store: DeliveryStore) -> None:
        """Write changed lanes, before any other delivery of theirs.

        Their first deliveries stand alone no more; whoever just made an attempt of one finds a newer version.
        """
        for opener in (self.openers[lane.id] for lane in changed if lane.id in self.openers):
            if opener.solo:
                store.save(tx, opener, opener.changed(solo=False))
        store.save_lanes(tx, self.stored, changed)


async def known_lanes(tx: Tx, keys: Collection[str], store: DeliveryStore) -> KnownLanes:
    """Read lanes."""
    stored = await store.lanes(tx, keys)
    lanes = dict(stored)
    openers = await store.openers(tx, keys)
    for key, opener in openers.items():
        if opener.solo:
            lanes[key] = taking_in(lanes.get(key) or Lane(id=key), opener)
    return KnownLanes(lanes, openers, stored)
