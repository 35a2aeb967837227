"""How many attempts may run side by side: in all, per organization, per receiver, and less where receivers are slow."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache

from gateway_kit.fairness import Shares

# A receiver that timed out or is overloaded gets this many at a time, per organization, until it answers again.
PER_SLOW_TARGET: Final = 2
# An organization most of whose attempts end so gets this many at a time, whatever number of hosts they go to.
PER_SLOW_ORGANIZATION: Final = 16
# A host may belong to several organizations (a shop platform): so many times the places of one of them.
TARGET_SHARES: Final = 4
# Part of all places that is kept for organizations that have none.
RESERVE_PART: Final = 4
# Slow receivers and organizations that are remembered; a forgotten one is found slow again.
_REMEMBERED_MAX: Final = 8_192
# Weight of the newest outcome: seven slow ones in a row make an organization slow, seven quick ones end it.
_NEWEST: Final = 0.1
_IS_SLOW: Final = 0.5
_FORGOTTEN: Final = 0.01
# Looking past the deliveries of a full receiver reads its whole backlog; so often for one organization.
LOOK_PAST_S: Final = 2.0


@dataclass(frozen=True)
class PlaceLimits:
    """Attempts at the same time.

    Attributes:
        total: in all; a quarter of them is kept for organizations that have none.
        per_organization: of one organization.
        per_target: of one organization at one receiver.
    """

    total: int
    per_organization: int
    per_target: int


class Places:
    """Counts running attempts. ``now`` is a monotonic clock in seconds."""

    def __init__(self, limits: PlaceLimits, *, now: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._now = now
        per_organization = min(limits.per_organization, limits.total)
        self._all = Shares(limits.total, per_lane=per_organization, reserve=limits.total // RESERVE_PART)
        self._targets: dict[str, Shares] = {}
        self._running: dict[str, Counter[str]] = {}
        self._slow_targets: LRUCache[tuple[str, str], None] = LRUCache(_REMEMBERED_MAX)
        self._slowness: LRUCache[str, float] = LRUCache(_REMEMBERED_MAX)
        self._looked_past: dict[str, float] = {}

    @property
    def free(self) -> int:
        """Places that are not taken."""
        return self._limits.total - self._all.in_use

    def room(self, organization_id: str) -> int:
        """How many more attempts this organization may begin now."""
        room = self._all.room(organization_id)
        if self.is_slow(organization_id):
            room = min(room, PER_SLOW_ORGANIZATION - self._all.held(organization_id))
        return max(0, room)

    def room_at(self, organization_id: str, target: str) -> int:
        """How many more attempts of this organization this receiver may get now, apart from `room`."""
        limit = PER_SLOW_TARGET if (organization_id, target) in self._slow_targets else self._limits.per_target
        shares = self._targets.get(target)
        if shares is None:
            return limit
        return max(0, min(shares.room(organization_id), limit - shares.held(organization_id)))

    def full_targets(self, organization_id: str) -> frozenset[str]:
        """Receivers that get no more attempts of this organization now."""
        running = self._running.get(organization_id, ())
        return frozenset(target for target in running if self.room_at(organization_id, target) == 0)

    def may_look_past(self, organization_id: str) -> bool:
        """Whether it is time again to look for deliveries behind those of its full receivers; notes that it is done."""
        if self._now() - self._looked_past.get(organization_id, float("-inf")) < LOOK_PAST_S:
            return False
        self._looked_past[organization_id] = self._now()
        return True

    def is_slow(self, organization_id: str) -> bool:
        """Whether most of its latest attempts were slow."""
        return self._slowness.get(organization_id, 0.0) > _IS_SLOW

    def take(self, organization_id: str, target: str) -> None:
        """An attempt begins; the caller has asked for `room` and `room_at` before."""
        self._all.take(organization_id)
        if target not in self._targets:
            per_target = self._limits.per_target
            self._targets[target] = Shares(TARGET_SHARES * per_target, per_lane=per_target, reserve=per_target)
        self._targets[target].take(organization_id)
        self._running.setdefault(organization_id, Counter())[target] += 1

    def release(self, organization_id: str, target: str) -> None:
        """An attempt ended."""
        self._all.release(organization_id)
        shares, running = self._targets[target], self._running[organization_id]
        shares.release(organization_id)
        if not shares.in_use:
            del self._targets[target]
        running[target] -= 1
        if not running[target]:
            del running[target]
        if not running:
            del self._running[organization_id]
            self._looked_past.pop(organization_id, None)

    def note(self, organization_id: str, target: str, *, is_slow: bool) -> None:
        """Learn from an outcome."""
        if is_slow:
            self._slow_targets[organization_id, target] = None
        else:
            self._slow_targets.pop((organization_id, target), None)
        slowness = self._slowness.get(organization_id, 0.0) * (1 - _NEWEST) + _NEWEST * is_slow
        if slowness < _FORGOTTEN:
            self._slowness.pop(organization_id, None)
        else:
            self._slowness[organization_id] = slowness
