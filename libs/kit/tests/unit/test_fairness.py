"""Places and turns: no lane takes all, every lane gets on."""

import asyncio
import contextlib
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.fairness import Busy, FairSlots, Rounds, Shares


def slots(total: int = 8, per_lane: int = 4, reserve: int = 2, waiting: int = 100) -> FairSlots:
    return FairSlots(
        Shares(total, per_lane=per_lane, reserve=reserve), waiting_per_lane=waiting, waiting_total=2 * waiting
    )


def test_a_lane_has_a_cap_and_the_last_places_are_for_lanes_without_one() -> None:
    shares = Shares(8, per_lane=5, reserve=2)
    for _ in range(5):
        shares.take("a")
    assert shares.room("a") == 0

    shares.take("b")  # six of eight are taken: only the reserve is left
    assert shares.room("b") == 0
    assert shares.room("c") == 1
    shares.take("c")
    shares.take("d")
    assert shares.room("e") == 0

    shares.release("a")
    assert shares.room("e") == 1


def test_items_are_taken_in_turns_and_in_order_within_a_lane() -> None:
    rounds: Rounds[int] = Rounds(per_lane_max=100, total_max=1_000)
    for number in range(50):
        assert rounds.offer("a", number)
    assert rounds.offer("b", 100)
    assert rounds.offer("c", 200)

    assert rounds.take(4) == [("a", 0), ("b", 100), ("c", 200), ("a", 1)]
    assert rounds.offer("b", 101)
    assert rounds.take(2) == [("a", 2), ("b", 101)]
    assert len(rounds) == 47


def test_a_lane_without_room_is_passed_over_and_keeps_its_items() -> None:
    rounds: Rounds[int] = Rounds(per_lane_max=10, total_max=100)
    for number in range(5):
        rounds.offer("a", number)
        rounds.offer("b", number)
    taken = rounds.take(10, room=lambda lane: 1 if lane == "a" else 3)
    assert Counter(lane for lane, _ in taken) == {"a": 1, "b": 3}
    assert (rounds.waiting("a"), rounds.waiting("b")) == (4, 2)


def test_a_full_lane_refuses_and_leaves_room_for_others() -> None:
    rounds: Rounds[int] = Rounds(per_lane_max=2, total_max=3)
    assert [rounds.offer("a", number) for number in range(3)] == [True, True, False]
    assert rounds.offer("b", 1)
    assert not rounds.offer("c", 1)
    assert rounds.drain() == [("a", 0), ("b", 1), ("a", 1)]
    assert (len(rounds), rounds.lanes) == (0, 0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=200))
def test_nothing_is_lost_or_doubled(steps: list[tuple[str, bool]]) -> None:
    rounds: Rounds[int] = Rounds(per_lane_max=20, total_max=40)
    accepted: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    taken: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    for number, (lane, is_take) in enumerate(steps):
        if is_take:
            for each, item in rounds.take(2):
                taken[each].append(item)
        elif rounds.offer(lane, number):
            accepted[lane].append(number)
    for each, item in rounds.drain():
        taken[each].append(item)
    assert taken == accepted


async def test_a_newcomer_overtakes_a_backlog() -> None:
    places, order = slots(total=2, per_lane=1, reserve=1), []
    go = asyncio.Event()

    async def work(lane: str) -> None:
        async with places.place(lane):
            order.append(lane)
            await go.wait()

    tasks = [asyncio.create_task(work("a")) for _ in range(50)]
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(work("b")))
    await asyncio.sleep(0)
    assert order == ["a", "b"]
    go.set()
    await asyncio.gather(*tasks)
    assert Counter(order) == {"a": 50, "b": 1}
    assert places.in_use == 0


async def test_waiting_ends_with_an_error_when_the_line_is_full_the_time_is_over_or_the_slots_close() -> None:
    places = slots(total=1, per_lane=1, reserve=0, waiting=1)
    async with places.place("a"):
        with pytest.raises(Busy):
            async with places.place("a", timeout_s=0.001):
                raise AssertionError("no place was free")
        waiting = asyncio.create_task(_hold(places, "a"))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            async with places.place("a"):
                raise AssertionError("the line was full")
        places.close()
        with pytest.raises(Busy):
            await waiting
    assert (places.in_use, places.waiting) == (0, 0)


async def _hold(places: FairSlots, lane: str) -> None:
    async with places.place(lane):
        await asyncio.sleep(0)


async def test_a_waiter_that_is_canceled_gives_its_place_on() -> None:
    """Whatever moment the cancellation meets: with many random ones no place is lost and none is given twice."""
    dice = random.Random(7)  # noqa: S311 - order of a test
    places, peak = slots(total=4, per_lane=2, reserve=1), 0

    async def work(lane: str) -> None:
        nonlocal peak
        async with places.place(lane, timeout_s=dice.choice((None, 0.0, 0.001))):
            peak = max(peak, places.in_use)
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)

    tasks = [asyncio.create_task(work(dice.choice("abcde"))) for _ in range(300)]
    for _ in range(200):
        dice.choice(tasks).cancel()
        await asyncio.sleep(0)
    for task in tasks:
        with contextlib.suppress(Busy, asyncio.CancelledError):
            await task
    assert (places.in_use, places.waiting) == (0, 0)
    assert peak <= 4
