"""The renderer's loop: woken after each issue, and by the clock for what a crash left behind.

Organizations take turns, and none holds all workers. In a burst of payments on a machine that has no room, documents
wait a little: notifications go first.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from gateway_contracts.clock import Clock
from gateway_kit.fairness import Shares
from invoice.consumers.document_try import DocumentTry
from invoice.domain.rendering import RenderTask
from invoice.use_cases.render_queue import RenderQueue

SWEEP_INTERVAL_S: Final = 5.0
# So many invoices within a second are a burst, ...
BURST: Final = 5
BURST_S: Final = 1.0
# ... and a machine has no room when processes wait for a processor for this share of the time. A document costs more
# than everything else that a payment causes; it waits for this long at most, and is looked for again this often.
NO_ROOM_PERCENT: Final = 25.0
COURTESY_S: Final = 15.0
COURTESY_PAUSE_S: Final = 1.0


class Rendering:
    """Takes waiting documents one by one, ``workers`` at a time; the database is the queue, so memory stays bounded.

    With several workers one organization holds all but one of them; with one worker, organizations alternate.
    """

    def __init__(
        self,
        *,
        queue: RenderQueue,
        clock: Clock,
        workers: int,
        attempt: DocumentTry,
        stalled_percent: Callable[[], Awaitable[float]],
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._attempt = attempt
        self._stalled_percent = stalled_percent
        self._issued: deque[float] = deque(maxlen=BURST)
        # One each: a worker that is busy with a long document keeps no other from the next one.
        self._woken = [asyncio.Event() for _ in range(workers)]
        self._shares = Shares(workers, per_lane=max(1, workers - 1), reserve=0)
        self._at_work: list[str] = []
        self._last_turn = ""
        # Two claims at once would not know of each other's organization.
        self._claiming = asyncio.Lock()

    def wake(self) -> None:
        """There is something to render."""
        self._issued.append(time.monotonic())
        self.look_again()

    def look_again(self) -> None:
        """Something may have become due."""
        for woken in self._woken:
            woken.set()

    async def run(self) -> None:
        """Until canceled."""
        async with asyncio.TaskGroup() as group:
            for woken in self._woken:
                group.create_task(self._work(woken))

    async def _work(self, woken: asyncio.Event) -> None:
        while True:
            woken.clear()
            if not await self._drain():
                await asyncio.sleep(COURTESY_PAUSE_S)
                continue
            try:
                async with asyncio.timeout(SWEEP_INTERVAL_S):
                    await woken.wait()
            except TimeoutError:
                continue

    async def _drain(self) -> bool:
        """Render what is due; false when younger documents were left to wait."""
        while True:
            gives_way = await self._gives_way()
            task = await self._claim(gives_way=gives_way)
            if task is None:
                return not gives_way
            try:
                await self._attempt(task)
            finally:
                self._shares.release(task.organization_id)
                self._at_work.remove(task.organization_id)
                # A document of this organization may have waited for its place.
                self.look_again()

    async def _claim(self, *, gives_way: bool) -> RenderTask | None:
        async with self._claiming:
            now = self._clock.now()
            task = await self._queue.claim(
                due=now - timedelta(seconds=COURTESY_S) if gives_way else now,
                after=self._last_turn,
                without={lane for lane in self._at_work if not self._shares.room(lane)},
            )
            if task is not None:
                self._last_turn = task.organization_id
                self._shares.take(task.organization_id)
                self._at_work.append(task.organization_id)
            return task

    async def _gives_way(self) -> bool:
        """The machine is asked in a burst only: its answer takes a moment, which a single payment does not wait."""
        is_burst = len(self._issued) == BURST and time.monotonic() - self._issued[0] < BURST_S
        return is_burst and await self._stalled_percent() >= NO_ROOM_PERCENT
