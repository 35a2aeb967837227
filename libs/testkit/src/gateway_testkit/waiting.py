"""Waiting on a condition instead of sleeping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar, overload

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_S = 240.0
"""How long a test waits for what must happen. It costs nothing where it happens, so it is meant for a machine that does
other work at the same time. Pass another value only where a test waits even longer."""

_FIRST_PAUSE_S = 0.01
_PAUSE_MAX_S = 0.2


@overload
async def eventually(check: Callable[[], Awaitable[T | None]], timeout_s: float = PATIENCE_S) -> T: ...


@overload
async def eventually(check: Callable[[], T | None], timeout_s: float = PATIENCE_S) -> T: ...


async def eventually(check: Callable[[], Any], timeout_s: float = PATIENCE_S) -> Any:
    """Repeats ``check`` until it returns something true, and returns that.

    An ``AssertionError`` of the check counts as "not yet", so that a check may be a few asserts.

    Raises:
        AssertionError: the last one of the check, or a plain one, when ``timeout_s`` seconds passed.
    """
    deadline = time.monotonic() + timeout_s
    pause = _FIRST_PAUSE_S
    while True:
        failure: AssertionError | None = None
        try:
            outcome = check()
            value = await outcome if inspect.isawaitable(outcome) else outcome
            if value:
                return value
        except AssertionError as error:
            failure = error
        if time.monotonic() > deadline:
            raise failure or AssertionError(f"not true within {timeout_s} s: {inspect.getsource(check).strip()}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _PAUSE_MAX_S)


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Blocking work beside the event loop, which serves other tasks meanwhile."""
    return await asyncio.to_thread(work, *args, **kwargs)
