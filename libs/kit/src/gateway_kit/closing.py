"""Shutdown in steps: each has a deadline, and one that fails or hangs skips none of the others."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
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

    def step_for_each(self, tasks: Mapping[str, asyncio.Task[None]]) -> None:
        """Add a step for each task, by its name. All are cancelled first, then each is waited for."""
        for name, task in tasks.items():
            self.step(name, cancel_tasks, [task])
        self.callback(_cancel, tasks.values())


def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


async def _bounded(name: str, close: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
    try:
        async with asyncio.timeout(STEP_DEADLINE_S):
            await close(*args)
    except TimeoutError as exc:
        log.error("service.close_timed_out", step=name)
        raise TimeoutError(f"{name} is not closed") from exc
