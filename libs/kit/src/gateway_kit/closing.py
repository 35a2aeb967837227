"""Shutdown in steps: each has a deadline, and one that fails or hangs skips none of the others."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from gateway_kit.logging import get_logger

log = get_logger(__name__)

STEP_DEADLINE_S: Final = 90.0
"""Longer than any step takes that ends by itself: consumers finish their handlers and drain their connection."""


class Closing(contextlib.AsyncExitStack):
    """An exit stack of named steps, the last one first."""

    def step(self, name: str, close: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Add a step.

        The stack raises TimeoutError when the step took longer than `STEP_DEADLINE_S`.
        """
        self.push_async_callback(_bounded, name, close, args)


async def _bounded(name: str, close: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
    try:
        async with asyncio.timeout(STEP_DEADLINE_S):
            await close(*args)
    except TimeoutError:
        log.error("service.close_timed_out", step=name)
        raise
