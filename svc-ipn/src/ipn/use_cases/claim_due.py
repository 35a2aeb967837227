"""Take the deliveries whose time has come, in turns of their organizations (ADR 0030)."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime
from itertools import islice
from typing import Final

from gateway_contracts.clock import Clock
from gateway_contracts.ids import new_object_id
from gateway_kit.fairness import Rounds
from ipn.ports import Claimed, DeliveryStore, Places
from ipn.use_cases.plan_deliveries import LEASE

# Organizations of one sweep; the next one goes on behind them.
ORGANIZATIONS_MAX: Final = 32
# Organizations that one look at the database finds; the next look goes on behind them.
_LINE_MAX: Final = 1_024
# The line is read again after this time: an organization that has something due meanwhile joins it.
_LINE_S: Final = 0.9
# A receiver with a long queue fills the front of its organization's line; this many times we look past one.
_ROUNDS_MAX: Final = 4


class Turns:
    """The organizations that have something due, in their turn. ``now`` is a monotonic clock in seconds."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._line: dict[str, None] = {}
        self._read_at = float("-inf")
        self._after = ""

    def expire(self) -> None:
        """Something became due: the line is read again."""
        self._read_at = float("-inf")

    async def take(self, *, store: DeliveryStore, places: Places, now: datetime) -> list[str]:
        """The next few that have places; those without keep their turn."""
        if self._now() - self._read_at >= _LINE_S:
            self._read_at = self._now()
            found = await store.organizations_due(now=now, after=self._after, limit=_LINE_MAX)
            if self._after and len(found) < _LINE_MAX:
                found += await store.organizations_due(now=now, after="", limit=_LINE_MAX - len(found))
            self._after = found[-1] if len(found) == _LINE_MAX else ""
            # Those that wait for their turn keep their places.
            self._line = {**{key: None for key in self._line if key in set(found)}, **dict.fromkeys(found)}
        able = (key for key in self._line if places.room(key) > 0)
        taken = list(islice(able, ORGANIZATIONS_MAX))
        for organization_id in taken:
            del self._line[organization_id]
        return taken

    def again(self, organization_id: str) -> None:
        """It has more that is due: back to the end of the line."""
        self._line[organization_id] = None

    def __len__(self) -> int:
        return len(self._line)


async def claim_due(*, store: DeliveryStore, clock: Clock, places: Places, turns: Turns) -> Claimed:
    """Claim one delivery of each organization in turn, as long as it and the receiver have places.

    However many of one organization are due, those of another are found by their own look-up and come in their turn.
    """
    if places.free == 0:
        return Claimed([], [], is_more=True)
    now = clock.now()
    waiting: Rounds[str] = Rounds(per_lane_max=places.free, total_max=places.free * ORGANIZATIONS_MAX)
    for organization_id in await turns.take(store=store, places=places, now=now):
        found, is_left = await _chosen_of(organization_id, store=store, places=places, now=now)
        for delivery_id in found:
            waiting.offer(organization_id, delivery_id)
        if is_left:
            turns.again(organization_id)
    chosen = waiting.take(places.free)
    for organization_id, _ in waiting.drain():
        turns.again(organization_id)
    if not chosen:
        return Claimed([], [], is_more=len(turns) > 0)
    ids = [delivery_id for _, delivery_id in chosen]
    won, unreadable = await store.claim(ids, now=now, lease_until=now + LEASE, claim=new_object_id())
    return Claimed(won, unreadable, is_more=len(turns) > 0)


async def _chosen_of(
    organization_id: str, *, store: DeliveryStore, places: Places, now: datetime
) -> tuple[list[str], bool]:
    """Ids of the organization's due deliveries that have a place, and whether there may be more."""
    room = places.room(organization_id)
    passed_over = set(places.full_targets(organization_id))
    if room == 0 or (passed_over and not places.may_look_past(organization_id)):
        return [], True
    chosen: list[str] = []
    taken: Counter[str] = Counter()
    for _ in range(_ROUNDS_MAX):
        limit = room - len(chosen)
        found = await store.due_of(organization_id, now=now, limit=limit, without=passed_over)
        for delivery_id, target in found:
            if delivery_id not in chosen and taken[target] < places.room_at(organization_id, target):
                taken[target] += 1
                chosen.append(delivery_id)
        full = _full(organization_id, {target for _, target in found}, taken, places)
        if len(found) < limit or len(chosen) == room or full <= passed_over:
            return chosen, len(found) == limit
        if not places.may_look_past(organization_id):
            return chosen, True
        passed_over |= full
    return chosen, True


def _full(organization_id: str, targets: Collection[str], taken: Counter[str], places: Places) -> set[str]:
    return {target for target in targets if taken[target] >= places.room_at(organization_id, target)}
