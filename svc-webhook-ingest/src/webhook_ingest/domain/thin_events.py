"""Thin events about the same object in one short time become two at most: the first at once, one for all that follow.

A thin event says that something changed, so none may be dropped: the object may have changed again after it was asked
for. Thin events within the window wait for one that is stored after all of them came.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from cachetools import TTLCache

WINDOW_S: Final = 1.0
BEGUN_MAX: Final = 50_000
"""Objects that are remembered, each for a window; beyond it the oldest is forgotten, and its next event is stored."""


class ThinEventCoalescer:
    """
    Args:
        window_s: how long thin events about an object are collected.
        monotonic: seconds of a clock that never goes back.
        pause: waits that many seconds.
    """

    def __init__(
        self,
        *,
        window_s: float = WINDOW_S,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._window_s = window_s
        self._monotonic = monotonic
        self._pause = pause
        self._begun: TTLCache[str, float] = TTLCache(BEGUN_MAX, window_s, timer=monotonic)
        self._collecting: dict[str, asyncio.Future[None]] = {}

    async def store(self, key: str, put: Callable[[], Awaitable[None]], *, admit: Callable[[], None]) -> bool:
        """Return when a thin event is stored that came no earlier than this one.

        Args:
            key: of the object.
            put: stores one thin event.
            admit: asked for each thin event that is going to be stored; what it raises is raised here.

        Returns:
            Whether this call stored it.
        """
        if (collecting := self._collecting.get(key)) is not None:
            # Shielded: one waiter who is cancelled must not cancel the others' future.
            await asyncio.shield(collecting)
            return False
        admit()
        left_s = self._left_s(key)
        if left_s > 0:
            await self._collect(key, left_s, put)
        else:
            self._begin(key)
            await put()
        return True

    async def _collect(self, key: str, left_s: float, put: Callable[[], Awaitable[None]]) -> None:
        outcome = self._collecting[key] = asyncio.get_running_loop().create_future()
        try:
            await self._pause(left_s)
            # What comes from now on may be later than what is being stored.
            del self._collecting[key]
            self._begin(key)
            await put()
        except BaseException as error:
            if self._collecting.get(key) is outcome:
                del self._collecting[key]
            failure = error if isinstance(error, Exception) else RuntimeError("the store was interrupted")
            outcome.set_exception(failure)
            outcome.exception()  # often there is no waiter, and that is no omission
            raise
        outcome.set_result(None)

    def _begin(self, key: str) -> None:
        self._begun[key] = self._monotonic()

    def _left_s(self, key: str) -> float:
        begun = self._begun.get(key)
        return 0.0 if begun is None else begun + self._window_s - self._monotonic()
