"""Places for fetches of certificates: strangers share some, one for each address; known ones have others."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from gateway_contracts.errors import Transient
from gateway_kit.fairness import Busy, FairSlots, Shares
from gateway_providers.events import Sender

STRANGERS: Final = 6
KNOWN: Final = 2
WAITING_PER_ADDRESS: Final = 4
WAITING_MAX: Final = 256
WAIT_S: Final = 3.0
"""For a place; with the fetch itself it is shorter than the patience of who asks."""


class FetchPlaces:
    """An address fetches one certificate at a time and waits behind itself; free places go round the addresses."""

    def __init__(self, *, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self._strangers = _slots(STRANGERS)
        self._known = _slots(KNOWN)

    @contextlib.asynccontextmanager
    async def place(self, sender: Sender, *, is_known: bool) -> AsyncIterator[None]:
        """See the port."""
        slots = self._known if is_known else self._strangers
        try:
            async with slots.place(sender.lane, timeout_s=self._wait_s):
                yield
        except Busy as exc:
            raise Transient("too many certificates are being fetched", code="OVERLOADED", retry_after_s=2) from exc


def _slots(total: int) -> FairSlots:
    return FairSlots(
        Shares(total, per_lane=1, reserve=0), waiting_per_lane=WAITING_PER_ADDRESS, waiting_total=WAITING_MAX
    )
