"""What was published is marked, also when it was published while others were being marked."""

import asyncio
from typing import Any

import pytest

from gateway_kit.nats import relay as module
from gateway_kit.nats.relay import OutboxRelay
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


async def test_rows_published_during_a_marking_are_marked_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MARK_INTERVAL_S", 0.01)
    rows = Rows()
    database: Any = type("Database", (), {"outbox": rows})
    nowhere: Any = None
    relay = OutboxRelay(database, nowhere, nowhere, FrozenClock())

    await relay._published([{"_id": "first"}])
    await rows.begun.wait()
    await relay._published([{"_id": "second"}])
    rows.go_on.set()

    await eventually(lambda: rows.marked == [{"first"}, {"second"}])
