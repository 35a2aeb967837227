"""Deliveries under our lease whose receiver or organization has no place yet: a burst costs no round trips."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import islice
from typing import Final

from gateway_kit.fairness import Shares
from ipn.adapters.places import Places
from ipn.domain.delivery import Delivery

# Per organization and receiver, per organization, and in all; more goes back to the database.
HELD_PER_TARGET_MAX: Final = 256
HELD_PER_ORGANIZATION_MAX: Final = 1_024
HELD_MAX: Final = 2_048
# Kept for organizations of which nothing is held.
HELD_RESERVE: Final = 512
# A delivery that was held for so long that its lease might end during the attempt goes back to the database.
HELD_S_MAX: Final = 10.0
# Receivers of one organization, and organizations whose receivers are all full, that one free place looks at.
_LOOKED_AT_MAX: Final = 8

Line = deque[tuple[float, Delivery]]


class Held:
    """Lines per organization and receiver; a free place goes round the organizations, and round their receivers."""

    def __init__(self, places: Places, *, now: Callable[[], float] = time.monotonic) -> None:
        self._places = places
        self._now = now
        self._shares = Shares(HELD_MAX, per_lane=HELD_PER_ORGANIZATION_MAX, reserve=HELD_RESERVE)
        self._lines: OrderedDict[str, OrderedDict[str, Line]] = OrderedDict()

    def __len__(self) -> int:
        return self._shares.in_use

    def offer(self, delivery: Delivery) -> bool:
        """Hold it; false where there is no room."""
        lines = self._lines.get(delivery.organization_id)
        line = lines.get(delivery.target) if lines else None
        if self._shares.room(delivery.organization_id) == 0 or (line and len(line) >= HELD_PER_TARGET_MAX):
            return False
        lines = self._lines.setdefault(delivery.organization_id, OrderedDict())
        lines.setdefault(delivery.target, deque()).append((self._now(), delivery))
        self._shares.take(delivery.organization_id)
        return True

    def next(self) -> Delivery | None:
        """A delivery that has a place now; None where no place is free for any that were looked at."""
        looked_at = 0
        for organization_id in list(self._lines):
            if self._places.room(organization_id) == 0:
                continue
            self._lines.move_to_end(organization_id)
            if (delivery := self._next_of(organization_id)) is not None:
                return delivery
            looked_at += 1
            if looked_at >= _LOOKED_AT_MAX:
                break
        return None

    def _next_of(self, organization_id: str) -> Delivery | None:
        lines = self._lines[organization_id]
        for target in list(islice(lines, _LOOKED_AT_MAX)):
            lines.move_to_end(target)
            if self._places.room_at(organization_id, target) > 0:
                return self._pop(organization_id, target)
        return None

    def next_at(self, organization_id: str, target: str) -> Delivery | None:
        """The next delivery of that organization for that receiver, if both have a place."""
        if target not in self._lines.get(organization_id, ()):
            return None
        if self._places.room(organization_id) == 0 or self._places.room_at(organization_id, target) == 0:
            return None
        return self._pop(organization_id, target)

    def expired(self) -> list[Delivery]:
        """Take out those that were held too long."""
        until, found = self._now() - HELD_S_MAX, []
        for organization_id, lines in list(self._lines.items()):
            for target, line in list(lines.items()):
                while line and line[0][0] <= until:
                    found.append(self._pop(organization_id, target))
        return found

    def drain(self) -> list[Delivery]:
        """Take out all."""
        found = [item for lines in self._lines.values() for line in lines.values() for _, item in line]
        for delivery in found:
            self._shares.release(delivery.organization_id)
        self._lines.clear()
        return found

    def _pop(self, organization_id: str, target: str) -> Delivery:
        lines = self._lines[organization_id]
        _, delivery = lines[target].popleft()
        self._shares.release(organization_id)
        if not lines[target]:
            del lines[target]
        if not lines:
            del self._lines[organization_id]
        return delivery
