"""Health of a process: is the event loop alive, and do the things it depends on answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from gateway_kit.logging import get_logger

log = get_logger(__name__)

Check = Callable[[], Awaitable[None]]
Counts = Callable[[], Awaitable[Mapping[str, int]]]

# A check that takes longer counts as failed: a probe must answer before its prober gives up.
CHECK_TIMEOUT_S = 1.0
# Probes come often from several sides; the answer is kept this long.
CACHE_S = 2.0


class Health:
    """Named checks; each raises when its dependency does not answer."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._cached: tuple[float, dict[str, str]] = (0.0, {})
        self._set_aside: Counts | None = None
        self._counted: tuple[float, dict[str, int]] = (0.0, {})

    def count_set_aside(self, counts: Counts) -> None:
        """Say beside the checks how many rows are set aside. They do not make the process unready."""
        self._set_aside = counts

    async def set_aside(self) -> dict[str, int]:
        """Rows that are set aside, by collection; collections without one, and unknown counts, are left out."""
        at, result = self._counted
        if self._set_aside is None or (at and time.monotonic() - at < CACHE_S):
            return result
        try:
            counts = await asyncio.wait_for(self._set_aside(), CHECK_TIMEOUT_S)
        except Exception as exc:
            log.warning("health.not_counted", error=type(exc).__name__)
            counts = {}
        result = {source: count for source, count in counts.items() if count}
        self._counted = (time.monotonic(), result)
        return result

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
