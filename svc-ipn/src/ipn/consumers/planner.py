"""Brings each notice to where it is written, in the order in which the notices of its lane came."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from gateway_kit.mongo.errors import COLLISIONS
from gateway_kit.mongo.group_commit import GroupCommit
from ipn.domain.delivery_queue import may_open
from ipn.use_cases.notice import Notice


class Planner:
    """Two queues, one of them quick: a first success is only inserted, everything else is planned.

    What comes behind a notice of its own lane does not overtake it on the quick way.

    Args:
        open_all: inserts first deliveries; returns for each notice whether it opened its lane.
        plan_all: plans notices in one transaction; returns for each notice whether it made a delivery.
    """

    def __init__(
        self,
        open_all: Callable[[list[Notice]], Awaitable[list[bool]]],
        plan_all: Callable[[list[Notice]], Awaitable[list[bool]]],
    ) -> None:
        self._first = GroupCommit(open_all, lane=_organization)
        self._rest = GroupCommit(plan_all, collisions=COLLISIONS, lane=_organization)
        self._opening: dict[str, asyncio.Event] = {}
        self._planning: Counter[str] = Counter()

    async def submit(self, notice: Notice) -> bool:
        """Return when the notice is stored, or known already: whether a delivery was made for it just now.

        Raises:
            Exception: what the write of this notice raised.
        """
        ahead = self._opening.get(notice.lane)
        if ahead is not None:
            await ahead.wait()
        elif may_open(notice.change) and not self._planning[notice.lane] and await self._opened(notice):
            return True
        return await self._plan(notice)

    async def _opened(self, notice: Notice) -> bool:
        over = self._opening[notice.lane] = asyncio.Event()
        try:
            return await self._first.submit(notice)
        finally:
            # Who waits runs in a later turn of the loop: a notice that was refused is in the other queue by then.
            del self._opening[notice.lane]
            over.set()

    async def _plan(self, notice: Notice) -> bool:
        self._planning[notice.lane] += 1
        try:
            return await self._rest.submit(notice)
        finally:
            self._planning[notice.lane] -= 1
            if not self._planning[notice.lane]:
                del self._planning[notice.lane]


def _organization(notice: Notice) -> str:
    return notice.organization_id
