"""Take the deliveries whose time has come, without letting one receiver use up what is for all."""

from collections import Counter
from collections.abc import Callable

from gateway_contracts.clock import Clock
from gateway_contracts.ids import new_object_id
from ipn.domain.delivery import Delivery
from ipn.ports import DeliveryStore
from ipn.use_cases.plan_deliveries import LEASE

# A receiver with a long queue fills the front of the line; this many times we look past one.
_ROUNDS_MAX = 4


async def claim_due(
    *, store: DeliveryStore, clock: Clock, room: int, room_for: Callable[[str], int], busy: set[str]
) -> list[Delivery]:
    """Claim at most ``room`` deliveries, and of each target at most ``room_for`` it; none of ``busy`` targets."""
    chosen: list[str] = []
    taken: Counter[str] = Counter()
    passed_over = set(busy)
    now = clock.now()
    for _ in range(_ROUNDS_MAX):
        limit = room - len(chosen)
        if limit <= 0:
            break
        found = await store.due(now=now, limit=limit, without=passed_over)
        for delivery_id, target in found:
            if delivery_id not in chosen and taken[target] < room_for(target):
                taken[target] += 1
                chosen.append(delivery_id)
        full = {target for _, target in found if taken[target] >= room_for(target)}
        if len(found) < limit or not full - passed_over:
            break
        passed_over |= full
    if not chosen:
        return []
    return await store.claim(chosen, now=now, lease_until=now + LEASE, claim=new_object_id())
