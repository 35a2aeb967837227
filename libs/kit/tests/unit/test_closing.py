"""A step of a shutdown that hangs or fails."""

import asyncio

import pytest

from gateway_kit import closing
from gateway_kit.closing import Closing


async def _swallows_cancellations(until: asyncio.Event) -> None:
    while not until.is_set():
        try:
            await until.wait()
        except asyncio.CancelledError:
            continue


async def test_a_step_that_hangs_ends_at_its_deadline_and_skips_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "STEP_DEADLINE_S", 0.01)
    until = asyncio.Event()
    task = asyncio.create_task(_swallows_cancellations(until))
    await asyncio.sleep(0)  # it begins
    ended: list[str] = []

    async def end(name: str) -> None:
        ended.append(name)

    stack = Closing()
    stack.step("first opened", end, "first opened")
    stack.step_for_tasks({"hangs": task, "ended": asyncio.create_task(asyncio.sleep(0))})
    stack.step("last opened", end, "last opened")
    with pytest.raises(TimeoutError, match=r"not closed in time: hangs$"):
        await stack.aclose()

    assert ended == ["last opened", "first opened"]
    until.set()
    await task


async def test_a_step_that_fails_skips_no_other() -> None:
    ended: list[str] = []

    async def end() -> None:
        ended.append("first opened")

    async def fail() -> None:
        raise ConnectionError("gone")

    stack = Closing()
    stack.step("first opened", end)
    stack.step("fails", fail)
    with pytest.raises(ConnectionError):
        await stack.aclose()

    assert ended == ["first opened"]


async def test_a_task_that_ends_by_its_first_cancellation_gets_no_second_one() -> None:
    cancellations = 0

    async def ends_slowly() -> None:
        nonlocal cancellations
        try:
            await asyncio.Event().wait()
        finally:
            # A query under way: it may be finished, not broken off.
            for _ in range(20):
                try:
                    await asyncio.sleep(0)
                except asyncio.CancelledError:
                    cancellations += 1

    stack = Closing()
    tasks = {name: asyncio.create_task(ends_slowly()) for name in ("one", "other")}
    await asyncio.sleep(0)
    stack.step_for_tasks(tasks)
    await stack.aclose()

    assert cancellations == 0
