"""Many attempts side by side, few per receiver."""

import asyncio
from datetime import UTC, datetime

import pytest
from pymongo.errors import AutoReconnect

from gateway_contracts.encrypted import EncryptedValue
from gateway_testkit.waiting import eventually
from ipn.adapters import dispatcher as module
from ipn.adapters.dispatcher import Dispatcher
from ipn.adapters.held import HELD_PER_ORGANIZATION_MAX, HELD_PER_TARGET_MAX, HELD_S_MAX, Held
from ipn.adapters.places import PER_SLOW_ORGANIZATION, PER_SLOW_TARGET, PlaceLimits, Places
from ipn.domain.delivery import Attempted, Delivery, Stuck
from ipn.domain.outcome import Outcome
from ipn.errors import Unprocessable
from ipn.ports import Claimed
from ipn.ports import Places as PlacesPort

NOW = datetime(2026, 1, 15, tzinfo=UTC)


A, B = "organization a", "organization b"


def limits(total: int, per_target: int, per_organization: int | None = None) -> PlaceLimits:
    return PlaceLimits(total, per_organization or total, per_target)


def a_delivery(number: int, target: str = "shop", organization_id: str = A) -> Delivery:
    return Delivery(
        id=f"dlv_{number}",
        organization_id=organization_id,
        site_id="s",
        livemode=False,
        lane=f"checkout{number}",
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
        self.unrecordable: set[str] = set()
        self.undecryptable: set[str] = set()
        self.lost: list[Stuck] = []
        self.put_aside: list[tuple[str, type[Exception]]] = []
        self.pointless: set[str] = set()
        self.dropped: list[str] = []

    async def send(self, delivery: Delivery) -> Outcome | None:
        if delivery.id in self.pointless:
            return None
        self.sending.append(delivery.id)
        if delivery.id in self.undecryptable:
            raise Unprocessable("no")
        await self.open.wait()
        if delivery.target in self.slow:
            return Outcome(NOW, 10_000, error="timeout")
        return Outcome(NOW, 5, http_status=200)

    async def drop(self, delivery: Delivery) -> list[Delivery]:
        self.dropped.append(delivery.id)
        return [self.following[delivery.id]] if delivery.id in self.following else []

    async def record(self, results: list[Attempted]) -> list[Delivery]:
        if any(delivery.id in self.unrecordable for delivery, _ in results):
            raise OverflowError("a value that the database cannot hold")
        if self.record_failures:
            self.record_failures -= 1
            raise AutoReconnect("gone")
        self.recorded += [delivery.id for delivery, _ in results]
        return [self.following.pop(delivery.id) for delivery, _ in results if delivery.id in self.following]

    async def claim(self, places: PlacesPort) -> Claimed:
        taken = [item for item in self.due if item.target not in places.full_targets(item.organization_id)]
        taken = taken[: places.free]
        self.due = [item for item in self.due if item not in taken]
        return Claimed(taken, [], is_more=bool(self.due))

    def became_due(self) -> None:
        pass

    async def take_back_lost(self) -> list[Stuck]:
        lost, self.lost = self.lost, []
        return lost

    async def set_aside(self, stuck: Stuck, error: Exception) -> list[Delivery]:
        self.put_aside.append((stuck.id, type(error)))
        return []

    async def release(self, deliveries: list[Delivery]) -> None:
        self.released += [delivery.id for delivery in deliveries]


@pytest.fixture
def work() -> FakeWork:
    return FakeWork()


async def test_one_receiver_gets_its_share_and_another_is_not_delayed(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(20, 4))

    dispatcher.submit([a_delivery(number, "slow shop") for number in range(10)])
    dispatcher.submit([a_delivery(100, "quick shop")])
    await eventually(lambda: len(work.sending) == 5)

    assert work.sending == ["dlv_0", "dlv_1", "dlv_2", "dlv_3", "dlv_100"]
    work.open.set()
    await eventually(lambda: len(work.recorded) == 11)


async def test_no_more_than_the_total_run_at_a_time_and_all_run_in_the_end(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(3, 4))

    dispatcher.submit([a_delivery(number, f"shop{number}") for number in range(9)])
    await eventually(lambda: len(work.sending) == 3)
    work.open.set()

    await eventually(lambda: len(work.recorded) == 9)


async def test_a_receiver_that_times_out_gets_fewer_until_it_answers(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(20, 8))
    work.slow.add("shop")
    work.open.set()
    dispatcher.submit([a_delivery(0)])
    await eventually(lambda: work.recorded == ["dlv_0"])

    assert dispatcher.places.room_at(A, "shop") == PER_SLOW_TARGET
    work.slow.clear()
    dispatcher.submit([a_delivery(1)])
    await eventually(lambda: len(work.recorded) == 2)
    assert dispatcher.places.room_at(A, "shop") == 8


async def test_what_does_not_fit_into_memory_goes_back(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(20, 1))

    dispatcher.submit([a_delivery(number) for number in range(HELD_PER_TARGET_MAX + 3)])

    await eventually(lambda: work.released == [f"dlv_{HELD_PER_TARGET_MAX + 1}", f"dlv_{HELD_PER_TARGET_MAX + 2}"])
    work.open.set()
    await eventually(lambda: len(work.recorded) == HELD_PER_TARGET_MAX + 1)


async def test_the_next_of_a_queue_follows(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(20, 4))
    work.following["dlv_0"] = a_delivery(1)
    work.open.set()

    dispatcher.submit([a_delivery(0)])

    await eventually(lambda: work.recorded == ["dlv_0", "dlv_1"])


async def test_what_is_pointless_is_not_sent_and_the_next_of_its_queue_follows(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(1, 1))
    work.pointless.add("dlv_0")
    work.following["dlv_0"] = a_delivery(1)
    work.open.set()

    dispatcher.submit([a_delivery(0), a_delivery(2)])

    await eventually(lambda: sorted(work.recorded) == ["dlv_1", "dlv_2"])
    assert work.dropped == ["dlv_0"]
    assert "dlv_0" not in work.sending


async def test_an_outcome_is_kept_while_the_database_is_away(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(20, 4))
    work.record_failures = 2
    work.open.set()

    dispatcher.submit([a_delivery(0)])

    await eventually(lambda: work.recorded == ["dlv_0"])
    assert work.sending == ["dlv_0"]


async def test_the_sweep_finds_what_is_due(work: FakeWork, monkeypatch: pytest.MonkeyPatch) -> None:
    # Places that become free wake the sweep: it does not come by itself a second time.
    monkeypatch.setattr(module, "SWEEP_INTERVAL_S", 3600)
    dispatcher = Dispatcher(work, limits(2, 2))
    work.due = [a_delivery(number, f"shop{number}") for number in range(6)]
    work.open.set()
    sweeping = asyncio.create_task(dispatcher.run())

    await eventually(lambda: len(work.recorded) == 6)
    sweeping.cancel()


async def test_at_the_end_running_attempts_are_finished(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(20, 1))
    dispatcher.submit([a_delivery(0), a_delivery(1)])
    await eventually(lambda: work.sending == ["dlv_0"])
    draining = asyncio.create_task(dispatcher.drain())
    work.open.set()

    await draining

    assert work.recorded == ["dlv_0"]
    assert work.released == ["dlv_1"]


async def test_fifteen_hundred_hosts_that_hang_leave_another_organization_its_places(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(256, 16, per_organization=128))

    dispatcher.submit([a_delivery(number, f"host{number}", A) for number in range(1_500)])
    dispatcher.submit([a_delivery(2_000 + number, "shop of b", B) for number in range(10)])
    await eventually(lambda: len(work.sending) == 138)

    assert [name for name in work.sending if int(name[4:]) >= 2_000] == [f"dlv_{2_000 + n}" for n in range(10)]
    work.open.set()
    await eventually(lambda: len(work.recorded) + len(work.released) == 1_510)


async def test_the_last_places_go_to_organizations_that_have_none(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(16, 16))
    for number in range(40):
        dispatcher.submit([a_delivery(number, f"host{number}", f"hanging {number % 4}")])
    await eventually(lambda: len(work.sending) >= 12)

    dispatcher.submit([a_delivery(100, "shop of b", B)])

    await eventually(lambda: "dlv_100" in work.sending)
    assert len(work.sending) == 13
    work.open.set()
    await dispatcher.drain()


async def test_a_host_that_two_organizations_share_has_places_for_both(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(64, 4))
    dispatcher.submit([a_delivery(number, "platform", A) for number in range(50)])

    dispatcher.submit([a_delivery(100, "platform", B)])

    await eventually(lambda: "dlv_100" in work.sending)
    assert work.sending == ["dlv_0", "dlv_1", "dlv_2", "dlv_3", "dlv_100"]
    work.open.set()
    await dispatcher.drain()


async def test_a_host_is_slow_only_for_the_organization_whose_attempts_are(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(64, 8))
    work.slow.add("platform")
    work.open.set()
    dispatcher.submit([a_delivery(0, "platform", A)])
    await eventually(lambda: work.recorded == ["dlv_0"])

    assert dispatcher.places.room_at(A, "platform") == PER_SLOW_TARGET
    assert dispatcher.places.room_at(B, "platform") == 8


async def test_an_organization_of_slow_receivers_gets_fewer_places_until_they_answer(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(256, 16, per_organization=128))
    work.slow |= {f"host{number}" for number in range(100)}
    work.open.set()
    dispatcher.submit([a_delivery(number, f"host{number}", A) for number in range(100)])
    await eventually(lambda: len(work.recorded) == 100)

    assert dispatcher.places.room(A) == PER_SLOW_ORGANIZATION
    assert dispatcher.places.room(B) == 128
    for number in range(8):
        dispatcher.submit([a_delivery(200 + number, f"good{number}", A)])
    await eventually(lambda: len(work.recorded) == 108)
    assert dispatcher.places.room(A) == 128


async def test_what_is_held_of_one_organization_leaves_room_for_another(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(8, 1, per_organization=1))

    dispatcher.submit([a_delivery(number, f"host{number}", A) for number in range(3_000)])
    dispatcher.submit([a_delivery(5_000 + number, f"shop{number}", B) for number in range(20)])
    await eventually(lambda: len(work.released) == 3_000 - 1 - HELD_PER_ORGANIZATION_MAX)

    assert not [name for name in work.released if int(name[4:]) >= 5_000]
    work.open.set()
    await dispatcher.drain()


async def test_a_free_place_goes_round_the_organizations(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(4, 4))
    dispatcher.submit([a_delivery(number, "shop of a", A) for number in range(40)])
    dispatcher.submit([a_delivery(100 + number, "shop of b", B) for number in range(10)])
    await eventually(lambda: len(work.sending) == 4)

    work.open.set()
    await eventually(lambda: len(work.recorded) == 50)

    last_of_b = max(position for position, name in enumerate(work.sending) if int(name[4:]) >= 100)
    assert sum(int(name[4:]) < 100 for name in work.sending[:last_of_b]) <= 16


async def test_an_attempt_that_cannot_be_recorded_is_set_aside_and_the_others_of_its_group_are_recorded(
    work: FakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RECORD_DELAYS_S", (0.0, 0.0))
    dispatcher = Dispatcher(work, limits(20, 4))
    work.unrecordable.add("dlv_0")
    work.open.set()

    dispatcher.submit([a_delivery(0, "shop of a", A), a_delivery(1, "shop of b", B)])

    await eventually(lambda: work.put_aside == [("dlv_0", OverflowError)])
    assert work.recorded == ["dlv_1"]
    assert work.sending == ["dlv_0", "dlv_1"]


async def test_an_attempt_is_not_set_aside_while_the_database_is_away(
    work: FakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RECORD_DELAYS_S", (0.0, 0.0))
    dispatcher = Dispatcher(work, limits(20, 4))
    work.record_failures = 3
    work.open.set()

    dispatcher.submit([a_delivery(0)])
    await eventually(lambda: work.record_failures == 0)
    await dispatcher.drain()

    assert (work.recorded, work.put_aside) == ([], [])


async def test_a_delivery_that_does_not_decrypt_is_set_aside_and_its_place_is_free_again(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(20, 1))
    work.undecryptable.add("dlv_0")
    work.open.set()

    dispatcher.submit([a_delivery(0), a_delivery(1)])

    await eventually(lambda: work.recorded == ["dlv_1"])
    assert work.put_aside == [("dlv_0", Unprocessable)]
    assert work.sending == ["dlv_0", "dlv_1"]


async def test_a_delivery_that_was_lost_too_often_is_set_aside_by_the_sweep(work: FakeWork) -> None:
    dispatcher = Dispatcher(work, limits(20, 1))
    work.lost = [Stuck("dlv_9", A, "checkout9", "c", 21, 900)]
    sweeping = asyncio.create_task(dispatcher.run())

    await eventually(lambda: [name for name, _ in work.put_aside] == ["dlv_9"])
    sweeping.cancel()


async def test_what_was_held_too_long_goes_back_without_an_attempt(work: FakeWork) -> None:
    moment = 1000.0
    places = Places(PlaceLimits(4, 4, 1), now=lambda: moment)
    held = Held(places, now=lambda: moment)
    assert held.offer(a_delivery(0).changed(claim="x"))
    moment += HELD_S_MAX

    assert [delivery.id for delivery in held.expired()] == ["dlv_0"]
    assert len(held) == 0
