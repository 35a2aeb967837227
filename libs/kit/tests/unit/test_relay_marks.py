"""Published rows are marked, also rows that were published while others were being marked."""

import asyncio
from typing import Any

import pytest

from gateway_kit.mongo.outbox import Outbox
from gateway_kit.nats import relay_marks
from gateway_kit.nats.relay_marks import RelayMarks
from gateway_testkit.clock import FrozenClock
from gateway_testkit.waiting import eventually


class Rows:
    """An outbox whose updates wait until the test lets them go."""

    def __init__(self) -> None:
        self.marked: list[set[str]] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def update_many(self, condition: dict[str, Any], change: dict[str, Any]) -> None:
        self.begun.set()
        await self.go_on.wait()
        self.marked.append(set(condition["_id"]["$in"]))


def marks_of(rows: Rows) -> RelayMarks:
    database: Any = {"outbox": rows}
    return RelayMarks(Outbox(database), FrozenClock())


async def test_rows_published_during_a_marking_are_marked_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_marks, "MARK_INTERVAL_S", 0.01)
    rows = Rows()
    marks = marks_of(rows)

    marks.add("first")
    await rows.begun.wait()
    marks.add("second")
    assert "first" in marks
    assert "second" in marks
    rows.go_on.set()

    await eventually(lambda: rows.marked == [{"first"}, {"second"}])
    await eventually(lambda: len(marks) == 0)


async def test_many_marks_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_marks, "MARK_INTERVAL_S", 3_600)
    rows = Rows()
    rows.go_on.set()
    marks = marks_of(rows)

    for number in range(relay_marks.MARKS_MAX):
        marks.add(str(number))

    await eventually(lambda: len(marks) == 0)
    assert len(rows.marked) == 1
