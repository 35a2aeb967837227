"""Shutdown in steps: each has a deadline, and one that fails or hangs skips none of the others."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from gateway_kit.cancellation import cancel_tasks
from gateway_kit.logging import get_logger

log = get_logger(__name__)

STEP_DEADLINE_S: Final = 90.0
"""Longer than any step takes that ends by itself: consumers finish their handlers and drain their connection."""


class Closing(contextlib.AsyncExitStack):
    """An exit stack of named steps, the last one first."""

    def step(self, name: str, close: Callable[..., Awaitable[Any]], *args: Any) -> None:
        """Add a step.

        The stack raises TimeoutError, which names the step, when it took longer than `STEP_DEADLINE_S`.
        """
        self.push_async_callback(_bounded, name, close, args)

    def step_for_tasks(self, tasks: Mapping[str, asyncio.Task[None]]) -> None:
        """Add one step that ends these tasks; its TimeoutError names those that did not end."""
        self.push_async_callback(_tasks_ended, tasks)


async def _bounded(name: str, close: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
    try:
        async with asyncio.timeout(STEP_DEADLINE_S):
            await close(*args)
    except TimeoutError as exc:
        raise _timed_out(name) from exc


async def _tasks_ended(tasks: Mapping[str, asyncio.Task[None]]) -> None:
    try:
        async with asyncio.timeout(STEP_DEADLINE_S):
            await cancel_tasks(list(tasks.values()))
    except TimeoutError as exc:
        raise _timed_out(", ".join(name for name, task in tasks.items() if not task.done())) from exc


def _timed_out(step: str) -> TimeoutError:
    log.error("service.close_timed_out", step=step)
    return TimeoutError(f"not closed in time: {step}")
