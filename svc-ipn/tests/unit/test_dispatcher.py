"""Many attempts side by side, few per receiver."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pymongo.errors import AutoReconnect

from gateway_contracts.encrypted import EncryptedValue
from gateway_testkit.waiting import eventually
from ipn.adapters import dispatcher as module
from ipn.adapters.dispatcher import HELD_PER_TARGET_MAX, PER_SLOW_TARGET, Dispatcher
from ipn.domain.delivery import Attempted, Delivery
from ipn.domain.outcome import Outcome

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def a_delivery(number: int, target: str = "shop") -> Delivery:
    return Delivery(
        id=f"dlv_{number}",
        organization_id="o",
        site_id="s",
        livemode=False,
        lane=f"lane{number}",
        transaction_id="t",
        ipn_status=1,
        event_version=1,
        dialect=1,
        body=EncryptedValue(v=1, c=""),
        url=EncryptedValue(v=1, c=""),
        target=target,
        state="sending",
        created_at=NOW,
        claim="c",
    )


class FakeWork:
    """Attempts end when the test lets them; a receiver in ``slow`` always times out."""

    def __init__(self) -> None:
        self.sending: list[str] = []
        self.open = asyncio.Event()
        self.slow: set[str] = set()
        self.recorded: list[str] = []
        self.released: list[str] = []
        self.following: dict[str, Delivery] = {}
        self.due: list[Delivery] = []
        self.record_failures = 0

    async def send(self, delivery: Delivery) -> Outcome:
        self.sending.append(delivery.id)
        await self.open.wait()
        if delivery.target in self.slow:
            return Outcome(NOW, 10_000, error="timeout")
        return Outcome(NOW, 5, http_status=200)

    async def record(self, results: list[Attempted]) -> list[Delivery]:
        if self.record_failures:
            self.record_failures -= 1
            raise AutoReconnect("gone")
        self.recorded += [delivery.id for delivery, _ in results]
        return [self.following.pop(delivery.id) for delivery, _ in results if delivery.id in self.following]

    async def claim(self, room: int, room_for: Callable[[str], int], busy: set[str]) -> list[Delivery]:
        taken = [item for item in self.due if item.target not in busy][:room]
        self.due = [item for item in self.due if item not in taken]
        return taken

    async def release(self, deliveries: list[Delivery]) -> None:
        self.released += [delivery.id for delivery in deliveries]


@pytest.fixture
def work() -> FakeWork:
    return FakeWork()


async def test_one_receiver_gets_its_share_and_another_is_not_delayed(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, total=20, per_target=4)

    dispatcher.submit([a_delivery(number, "slow shop") for number in range(10)])
    dispatcher.submit([a_delivery(100, "quick shop")])
    await eventually(lambda: len(work.sending) == 5)

    assert work.sending == ["dlv_0", "dlv_1", "dlv_2", "dlv_3", "dlv_100"]
    work.open.set()
    await eventually(lambda: len(work.recorded) == 11)


async def test_no_more_than_the_total_run_at_a_time_and_all_run_in_the_end(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, total=3, per_target=4)

    dispatcher.submit([a_delivery(number, f"shop{number}") for number in range(9)])
    await eventually(lambda: len(work.sending) == 3)
    work.open.set()

    await eventually(lambda: len(work.recorded) == 9)


async def test_a_receiver_that_times_out_gets_fewer_until_it_answers(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, total=20, per_target=8)
    work.slow.add("shop")
    work.open.set()
    dispatcher.submit([a_delivery(0)])
    await eventually(lambda: work.recorded == ["dlv_0"])

    assert dispatcher.room_for("shop") == PER_SLOW_TARGET
    work.slow.clear()
    dispatcher.submit([a_delivery(1)])
    await eventually(lambda: len(work.recorded) == 2)
    assert dispatcher.room_for("shop") == 8


async def test_what_does_not_fit_into_memory_goes_back(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, total=20, per_target=1)

    dispatcher.submit([a_delivery(number) for number in range(HELD_PER_TARGET_MAX + 3)])

    await eventually(lambda: work.released == [f"dlv_{HELD_PER_TARGET_MAX + 1}", f"dlv_{HELD_PER_TARGET_MAX + 2}"])
    work.open.set()
    await eventually(lambda: len(work.recorded) == HELD_PER_TARGET_MAX + 1)


async def test_the_next_of_a_lane_follows(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, total=20, per_target=4)
    work.following["dlv_0"] = a_delivery(1)
    work.open.set()

    dispatcher.submit([a_delivery(0)])

    await eventually(lambda: work.recorded == ["dlv_0", "dlv_1"])


async def test_an_outcome_is_kept_while_the_database_is_away(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, total=20, per_target=4)
    work.record_failures = 2
    work.open.set()

    dispatcher.submit([a_delivery(0)])

    await eventually(lambda: work.recorded == ["dlv_0"])
    assert work.sending == ["dlv_0"]


async def test_the_sweep_finds_what_is_due(work: FakeWork, monkeypatch: pytest.MonkeyPatch) -> None:
    # Places that become free wake the sweep: it does not come by itself a second time.
    monkeypatch.setattr(module, "SWEEP_INTERVAL_S", 3600)
    dispatcher = Dispatcher(work, total=2, per_target=2)
    work.due = [a_delivery(number, f"shop{number}") for number in range(6)]
    work.open.set()
    sweeping = asyncio.create_task(dispatcher.run())

    await eventually(lambda: len(work.recorded) == 6)
    sweeping.cancel()


async def test_at_the_end_running_attempts_are_finished(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, total=20, per_target=1)
    dispatcher.submit([a_delivery(0), a_delivery(1)])
    await eventually(lambda: work.sending == ["dlv_0"])
    draining = asyncio.create_task(dispatcher.drain())
    work.open.set()

    await draining

    assert work.recorded == ["dlv_0"]
