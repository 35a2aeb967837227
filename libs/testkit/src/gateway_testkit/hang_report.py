"""A report of all pending tasks before a test is ended by its timeout: the loop's own stack names none of them."""

import asyncio
import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

BEFORE_END_S: Final = 10.0
TASKS_MAX: Final = 200


@contextmanager
def reported(name: str, timeout_s: float) -> Iterator[None]:
    """Write a report to the process's error output when the block takes nearly that long.

    Args:
        name: of the test.
        timeout_s: after which the block is ended; 0: never.
    """
    if timeout_s <= BEFORE_END_S:
        yield
        return
    timer = threading.Timer(timeout_s - BEFORE_END_S, _write, (name,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def lines_of(name: str) -> list[str]:
    """The report: each pending task with the calls in which it waits, outermost first."""
    # By its own type: to ask a weak proxy for its class fails when its object is gone.
    found = [it for it in gc.get_objects() if issubclass(type(it), asyncio.Task) and not it.done()]
    lines = [f"{name} is about to time out; {len(found)} tasks wait:"]
    for task in found[:TASKS_MAX]:
        lines.append(f"{task.get_name()}{' (cancelled)' if task.cancelling() else ''}")
        lines += [f"    {place}" for place in _places(task.get_coro())]
    return lines


def _write(name: str) -> None:
    # Beside pytest's capture, which would keep it for a test that does not end.
    print("\n".join(lines_of(name)), file=sys.__stderr__, flush=True)  # a report for people


def _places(awaited: Any) -> Iterator[str]:
    while frame := getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None):
        yield f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_qualname}"
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)
    if awaited is not None:
        yield repr(awaited)[:200]
