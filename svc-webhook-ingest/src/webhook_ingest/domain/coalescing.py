"""Storing each event once while it is fresh: providers send the same event again within seconds.

This saves work; it decides nothing. The consumer's inbox is what makes an event's effect happen once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from cachetools import TTLCache


class Coalescer:
    """Remembers what is being stored and what was stored lately.

    Args:
        recent_max: stored ids that are remembered.
        recent_s: for how long, in seconds.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self, *, recent_max: int = 50_000, recent_s: float = 600, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._stored: TTLCache[str, None] = TTLCache(recent_max, recent_s, timer=monotonic)
        self._in_flight: dict[str, asyncio.Future[None]] = {}

    async def once(self, event_id: str, store: Callable[[], Awaitable[None]]) -> bool:
        """Store the event unless that happened or is happening; returns when it is stored.

        Returns:
            Whether this call stored it.

        Raises:
            whatever ``store`` raised, also to those who waited for it; the next call tries again.
        """
        if event_id in self._stored:
            return False
        stored = await self.together(event_id, store)
        if stored:
            self._stored[event_id] = None
        return stored

    async def together(self, event_id: str, store: Callable[[], Awaitable[None]]) -> bool:
        """Store the event unless that is happening right now; nothing is remembered. As `once` in all else."""
        if (pending := self._in_flight.get(event_id)) is not None:
            # Shielded: one waiter who is cancelled must not cancel the others' future.
            await asyncio.shield(pending)
            return False
        outcome = self._in_flight[event_id] = asyncio.get_running_loop().create_future()
        try:
            await store()
        except BaseException as error:
            # A cancelled owner has stored nothing that it knows of; a waiting caller must not take it for a success.
            failure = error if isinstance(error, Exception) else RuntimeError("the store was interrupted")
            outcome.set_exception(failure)
            outcome.exception()  # often no caller waits, and that is no omission
            raise
        else:
            outcome.set_result(None)
        finally:
            del self._in_flight[event_id]
        return True
