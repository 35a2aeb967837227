"""Room for webhooks: bytes, bodies that are being read, and webhooks that wait for their answer.

What one address or one provider account takes leaves room for the others, and a quarter of everything is kept for
senders that have proven themselves: an address from which a verified webhook of that account came lately.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gateway_contracts.topology import HOOK_BODY_BYTES_MAX
from gateway_kit.allowance import Allowance, Full, Lane
from gateway_kit.http.bodies import Body, BodyBudget, BodyLimits, LaneLimits

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
PROVEN_MAX: Final = 8_192
"""Senders that are remembered; only a verified webhook adds one."""


class Sender:
    """Where a webhook comes from and where it wants to: the lanes that it counts in."""

    __slots__ = ("account", "address", "is_proven")

    def __init__(self, address: str, account: str, *, is_proven: bool) -> None:
        self.address = address
        self.account = account
        self.is_proven = is_proven


class HookRoom:
    """The room of one process.

    Args:
        waiting_max: webhooks that wait for their answer at one time; one address or account has half of that.
    """

    def __init__(self, *, waiting_max: int, bodies: BodyLimits = BODIES) -> None:
        self.bodies = BodyBudget(bodies)
        self.waiting = Allowance(total=waiting_max, reserve=int(waiting_max * RESERVE))
        self._half = max(1, waiting_max // 2)
        self._proven: OrderedDict[tuple[str, str], None] = OrderedDict()

    def sender(self, address: str, account: str) -> Sender:
        """The sender of a webhook, and whether it has proven itself."""
        return Sender(address, account, is_proven=(address, account) in self._proven)

    def body_of(self, sender: Sender) -> Body:
        """Its body, not read yet."""
        lanes = ((sender.address, ADDRESS), (sender.account, ACCOUNT))
        return Body(self.bodies, lanes, is_known=sender.is_proven)

    @contextmanager
    def place(self, sender: Sender) -> Iterator[Full | None]:
        """A place to wait for the answer while the body runs; why there is none otherwise."""
        lanes = (Lane(sender.address, self._half), Lane(sender.account, self._half))
        full = self.waiting.take(1, *lanes, is_known=sender.is_proven)
        try:
            yield full
        finally:
            if full is None:
                self.waiting.give_back(1, *lanes)

    def prove(self, sender: Sender) -> None:
        """A webhook of this sender was verified."""
        pair = (sender.address, sender.account)
        self._proven[pair] = None
        self._proven.move_to_end(pair)
        if len(self._proven) > PROVEN_MAX:
            self._proven.popitem(last=False)
