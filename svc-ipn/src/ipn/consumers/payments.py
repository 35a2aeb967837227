"""Brings each payment of an order to where it is written, and ends what it makes pointless."""

from collections.abc import Awaitable, Callable
from typing import Final

from gateway_kit.mongo.errors import COLLISIONS
from gateway_kit.mongo.group_commit import GroupCommit
from ipn.domain.orders import Payment

_TRIES_MAX: Final = 5
# The merchant has the notification of the payment; this only holds back its acknowledgement. It bounds the payments of
# one tenant, of which 32 are handled at a time, to 640 a second.
_LINGER_S: Final = 0.25


class Payments:
    """Payments are noted together; the rare one with something to end does so alone, and keeps no other waiting.

    Args:
        note_all: notes payments; returns for each whether a sibling is open.
        settle: ends it.
    """

    def __init__(
        self, note_all: Callable[[list[Payment]], Awaitable[list[bool]]], settle: Callable[[Payment], Awaitable[None]]
    ) -> None:
        self._noted = GroupCommit(
            note_all, linger_s=_LINGER_S, collisions=COLLISIONS, lane=lambda payment: payment.organization_id
        )
        self._settle = settle

    async def submit(self, payment: Payment) -> None:
        """Return when the payment is noted, and what it makes pointless has ended.

        Raises:
            Exception: what the writes raised.
        """
        if not await self._noted.submit(payment):
            return
        for left in reversed(range(_TRIES_MAX)):
            try:
                return await self._settle(payment)
            except COLLISIONS:
                if not left:
                    raise
