"""Published rows are marked together, soon after."""

import asyncio

from gateway_contracts.clock import Clock
from gateway_kit.logging import get_logger
from gateway_kit.mongo.outbox import Outbox

log = get_logger(__name__)

# Until a row is marked a crash publishes it again under the same id, which the streams and the inboxes recognise.
MARK_INTERVAL_S = 1.0
MARKS_MAX = 1_000


class RelayMarks:
    """Ids of rows that are published and not known to be marked: the sweep leaves them alone."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self._waiting: list[str] = []
        self._unmarked: set[str] = set()
        self._writing: asyncio.Task[None] | None = None
        self._is_full = asyncio.Event()

    def __len__(self) -> int:
        return len(self._unmarked)

    def __contains__(self, identifier: str) -> bool:
        return identifier in self._unmarked

    def add(self, identifier: str) -> None:
        """It was published."""
        self._waiting.append(identifier)
        self._unmarked.add(identifier)
        if len(self._waiting) >= MARKS_MAX:
            self._is_full.set()
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        # Again for what was published while the update was under way.
        while self._waiting:
            try:
                async with asyncio.timeout(MARK_INTERVAL_S):
                    await self._is_full.wait()
            except TimeoutError:
                pass
            await self.write()

    async def write(self) -> None:
        """Mark what waits."""
        self._is_full.clear()
        marked, self._waiting = self._waiting, []
        if not marked:
            return
        try:
            await self._outbox.mark_sent(marked, self._clock.now())
        except Exception as exc:
            # They stay pending, are published once more under the same ids, and are ignored there.
            log.warning("outbox.mark_failed", count=len(marked), error=type(exc).__name__)
        self._unmarked.difference_update(marked)
