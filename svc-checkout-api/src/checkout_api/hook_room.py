"""Room for webhooks: bytes, bodies that are being read, and webhooks that wait for their answer.

What one address or one provider account takes leaves room for the others, and a quarter of everything is kept for
senders that have proven themselves: an address from which a verified webhook of that account came lately.
"""

from typing import Final

from cachetools import LRUCache

from gateway_contracts.requests.ingest import PROVEN
from gateway_contracts.topology import HOOK_BODY_BYTES_MAX
from gateway_kit.allowance import Allowance, Full, Lane
from gateway_kit.http.bodies import Body, BodyBudget, BodyLanes, BodyLimits, LaneLimits

MEBIBYTE: Final = 1024 * 1024
RESERVE: Final = 0.25
ADDRESS: Final = LaneLimits(held_bytes=16 * MEBIBYTE, readers=128)
ACCOUNT: Final = LaneLimits(held_bytes=64 * MEBIBYTE, readers=512)
BODIES: Final = BodyLimits(
    body_bytes=HOOK_BODY_BYTES_MAX,
    held_bytes=128 * MEBIBYTE,
    readers=1_024,
    lane=ADDRESS,
    reserve=RESERVE,
)
SMALL_BYTES: Final = 8 * 1024
"""A body up to this size that came at once is bounded by the places to wait, and not counted by its bytes."""
PROVEN_MAX: Final = 8_192
"""Senders that are remembered; only a verified webhook adds one."""


class Sender:
    """Where a webhook comes from and where it wants to, with the lanes that it counts in."""

    __slots__ = ("account", "address", "bodies", "header", "is_proven", "places")

    def __init__(self, address: str, account: str, *, places_cap: int) -> None:
        self.address = address
        self.account = account
        self.bodies = BodyLanes.of((address, ADDRESS), (account, ACCOUNT))
        self.places = (Lane(address, places_cap), Lane(account, places_cap))
        self.header = address
        """What svc-webhook-ingest learns of it."""
        self.is_proven = False


class HookRoom:
    """The room of one process.

    Args:
        waiting_max: webhooks that wait for their answer at one time; one address or account has half of that.
    """

    def __init__(self, *, waiting_max: int, bodies: BodyLimits = BODIES) -> None:
        self.bodies = BodyBudget(bodies)
        self.waiting = Allowance(total=waiting_max, reserve=int(waiting_max * RESERVE))
        self._proven: LRUCache[tuple[str, str], Sender] = LRUCache(PROVEN_MAX)

    def sender(self, address: str, account: str) -> Sender:
        """The sender of a webhook; the same object while it is proven."""
        return self._proven.get((address, account)) or Sender(address, account, places_cap=self.waiting.half)

    def body_of(self, sender: Sender) -> Body:
        """Its body, not read yet."""
        return Body(self.bodies, sender.bodies, is_known=sender.is_proven)

    def take_place(self, sender: Sender) -> Full | None:
        """Hold a place to wait for the answer (`waiting` gets it back); why there is none otherwise."""
        return self.waiting.take(1, *sender.places, is_known=sender.is_proven)

    def prove(self, sender: Sender) -> None:
        """A webhook of this sender was verified."""
        sender.is_proven = True
        sender.header = sender.address + PROVEN
        self._proven[sender.address, sender.account] = sender
