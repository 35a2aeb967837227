"""Load of the machine, as reported by the kernel."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

_PRESSURE: Final = Path("/proc/pressure/cpu")
# A quarter of a second tells a full machine from one with room, ...
WINDOW_S: Final = 0.25
# ... and what was seen counts for this long: who asks all the time waits a fifth of it at most.
REMEMBERED_S: Final = 1.0
_US_PER_S: Final = 1_000_000


class Pressure:
    """How hard processors are to get ("pressure stall information" of Linux).

    The kernel's own averages need seconds to climb: a burst would be over, or its documents made, before they tell of
    it. So a short window is measured here, with the counter that they are made of.
    """

    def __init__(
        self,
        counter: Path = _PRESSURE,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._counter = counter
        self._monotonic = monotonic
        self._wait = wait
        self._measuring = asyncio.Lock()
        self._measured_at: float | None = None
        self._percent = 0.0

    async def stalled_percent(self) -> float:
        """Percentage of the time in which a process waited for a processor; 0 where the kernel does not report it.

        Takes `WINDOW_S` when there was no measurement within the last `REMEMBERED_S`.
        """
        # A caller that arrives during a measurement takes its result.
        async with self._measuring:
            if self._measured_at is None or self._monotonic() - self._measured_at > REMEMBERED_S:
                self._percent = await self._measure()
                self._measured_at = self._monotonic()
            return self._percent

    async def _measure(self) -> float:
        before, began_at = _waited_us(self._counter), self._monotonic()
        if before is None:
            return 0.0
        await self._wait(WINDOW_S)
        after, ended_at = _waited_us(self._counter), self._monotonic()
        # On a full machine the pause itself takes longer than it was meant to.
        lasted_us = (ended_at - began_at) * _US_PER_S
        if after is None or lasted_us <= 0:
            return 0.0
        # Counter and clock are not read in the same moment.
        return min(max(100 * (after - before) / lasted_us, 0.0), 100.0)


def _waited_us(counter: Path) -> int | None:
    """Microseconds since boot in which a process waited for a processor: ``total`` of the line ``some``."""
    try:
        words = counter.read_text().partition("\n")[0].split()
        return int(dict(word.split("=", 1) for word in words if "=" in word)["total"])
    except (OSError, ValueError, KeyError):
        return None
