"""The report of a test whose time is up."""

import asyncio
import weakref

import pytest

from gateway_testkit import hang_report


async def _waits_without_end(event: asyncio.Event) -> None:
    await event.wait()


async def test_each_pending_task_is_named_with_the_calls_it_waits_in() -> None:
    task = asyncio.create_task(_waits_without_end(asyncio.Event()), name="the-one-that-hangs")
    await asyncio.sleep(0)
    gone = weakref.proxy(asyncio.Event())
    try:
        lines = hang_report.lines_of("test_x")
    finally:
        task.cancel()

    assert isinstance(gone, weakref.ProxyType), "kept until here"
    assert lines[0].startswith("test_x is about to time out")
    place = lines.index("the-one-that-hangs")
    assert "_waits_without_end" in lines[place + 1]
    assert "Event.wait" in lines[place + 2]


def test_it_is_written_before_the_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(hang_report, "_write", written.append)
    monkeypatch.setattr(hang_report, "BEFORE_END_S", 0.0)

    with hang_report.reported("test_y", 0.001):
        while not written:
            pass

    assert written == ["test_y"]
