"""Health of a process: is the event loop alive, and do the things it depends on answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable

Check = Callable[[], Awaitable[None]]

# A check that takes longer counts as failed: a probe must answer before its prober gives up.
CHECK_TIMEOUT_S = 1.0
# Probes come often from several sides; the answer is kept this long.
CACHE_S = 2.0


class Health:
    """Named checks; each raises when its dependency does not answer."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._cached: tuple[float, dict[str, str]] = (0.0, {})

    def add(self, name: str, check: Check) -> None:
        """Register a dependency."""
        self._checks[name] = check

    async def failures(self) -> dict[str, str]:
        """Failing checks with the kind of their failure; empty means ready."""
        at, result = self._cached
        if at and time.monotonic() - at < CACHE_S:
            return result
        names = list(self._checks)
        outcomes = await asyncio.gather(
            *(asyncio.wait_for(self._checks[name](), CHECK_TIMEOUT_S) for name in names), return_exceptions=True
        )
        result = {
            name: type(outcome).__name__
            for name, outcome in zip(names, outcomes, strict=True)
            if isinstance(outcome, BaseException)
        }
        self._cached = (time.monotonic(), result)
        return result
