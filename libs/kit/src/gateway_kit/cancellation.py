"""Ending tasks for certain."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

CANCEL_AGAIN_S: Final = 1.0
"""A task that is still there this long after its cancellation is cancelled again."""


async def cancel_tasks(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """End the tasks. One cancellation may get lost: ``asyncio.wait_for``, which the drivers use, swallows it before
    Python 3.12 when it meets a result; so it is repeated until each task has ended."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
