"""Brings each notice to where it is written, in the order in which the notices of its queue came."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from gateway_kit.mongo.errors import COLLISIONS
from gateway_kit.mongo.group_commit import GroupCommit
from ipn.domain.delivery_queue import may_be_first
from ipn.use_cases.notice import Notice


class Planner:
    """Two queues, one of them quick: a first success is only inserted, everything else is planned.

    What comes behind a notice of its own queue does not overtake it on the quick way.

    Args:
        store_first: inserts first deliveries; returns for each notice whether it started its queue.
        plan_all: plans notices in one transaction; returns for each notice whether it made a delivery.
    """

    def __init__(
        self,
        store_first: Callable[[list[Notice]], Awaitable[list[bool]]],
        plan_all: Callable[[list[Notice]], Awaitable[list[bool]]],
    ) -> None:
        self._first = GroupCommit(store_first, lane=_organization)
        self._rest = GroupCommit(plan_all, collisions=COLLISIONS, lane=_organization)
        self._starting: dict[str, asyncio.Event] = {}
        self._planning: Counter[str] = Counter()

    async def submit(self, notice: Notice) -> bool:
        """Return when the notice is stored, or known already: whether a delivery was made for it just now.

        Raises:
            Exception: what the write of this notice raised.
        """
        ahead = self._starting.get(notice.checkout_id)
        if ahead is not None:
            await ahead.wait()
        elif may_be_first(notice.change) and not self._planning[notice.checkout_id] and await self._started(notice):
            return True
        return await self._plan(notice)

    async def _started(self, notice: Notice) -> bool:
        over = self._starting[notice.checkout_id] = asyncio.Event()
        try:
            return await self._first.submit(notice)
        finally:
            # Who waits runs in a later turn of the loop: a notice that was refused is in the other queue by then.
            del self._starting[notice.checkout_id]
            over.set()

    async def _plan(self, notice: Notice) -> bool:
        self._planning[notice.checkout_id] += 1
        try:
            return await self._rest.submit(notice)
        finally:
            self._planning[notice.checkout_id] -= 1
            if not self._planning[notice.checkout_id]:
                del self._planning[notice.checkout_id]


def _organization(notice: Notice) -> str:
    return notice.organization_id
