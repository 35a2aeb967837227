"""Lanes as they are: written down, or still only a first delivery that says all there is to know."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from gateway_kit.mongo.unit_of_work import Tx
from ipn.domain.delivery import Delivery
from ipn.domain.lane import Lane, taking_in
from ipn.ports import DeliveryStore


@dataclass(frozen=True)
class KnownLanes:
    """What is known of some lanes.

    Attributes:
        lanes: those that exist, first deliveries that stand alone taken in.
        openers: the first deliveries, by lane.
    """

    lanes: dict[str, Lane]
    openers: dict[str, Delivery]

    async def write_down(self, tx: Tx, changed: Collection[str], store: DeliveryStore) -> None:
        """First deliveries of changed lanes stand alone no more. Whoever just made an attempt finds a newer version."""
        alone = [opener for key in changed if (opener := self.openers.get(key)) is not None and opener.solo]
        await store.save(tx, [replace(opener, solo=False, version=opener.version + 1) for opener in alone], {})


async def known_lanes(tx: Tx, keys: Collection[str], store: DeliveryStore) -> KnownLanes:
    """Read lanes."""
    lanes = await store.lanes(tx, keys)
    openers = await store.openers(tx, keys)
    for key, opener in openers.items():
        if opener.solo:
            lanes[key] = taking_in(lanes.get(key) or Lane(key), opener)
    return KnownLanes(lanes, openers)
