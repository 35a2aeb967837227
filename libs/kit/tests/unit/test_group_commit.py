"""Writes that wait at the same moment are made together."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from types import SimpleNamespace

import pytest
from pymongo.errors import AutoReconnect

from gateway_kit.mongo import group_commit
from gateway_kit.mongo.group_commit import GROUP_MAX, GroupCommit
from gateway_kit.mongo.group_queue import CLEAN_ITEMS
from gateway_testkit.waiting import eventually


class Collision(Exception):
    """Two processes met."""


class Writes:
    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.poison: set[int] = set()
        self.failures: list[Exception] = []

    async def write(self, items: list[int]) -> list[int]:
        await self.open.wait()
        if self.failures:
            raise self.failures.pop()
        if self.poison & set(items):
            raise ValueError("bad item")
        self.groups.append(items)
        return [item * 10 for item in items]


@pytest.fixture
def writes() -> Writes:
    return Writes()


async def test_no_write_waits_for_a_group_to_fill(writes: Writes) -> None:
    result = await asyncio.wait_for(GroupCommit(writes.write, collisions=(Collision,)).submit(1), 60)

    assert (writes.groups, result) == ([[1]], 10)


async def test_what_waits_while_another_is_written_shares_a_write(writes: Writes) -> None:
    commit = GroupCommit(writes.write, collisions=(Collision,))
    writes.open.clear()
    first = asyncio.create_task(commit.submit(0))
    await eventually(lambda: commit._writing is not None and not commit._queue)
    others = [asyncio.create_task(commit.submit(number)) for number in range(1, 40)]
    await asyncio.sleep(0)
    writes.open.set()
    await asyncio.gather(first, *others)

    assert writes.groups == [[0], list(range(1, 40))]


async def test_without_hurry_the_first_waits_for_others(writes: Writes, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses, is_over = list[float](), asyncio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await is_over.wait()

    monkeypatch.setattr(group_commit, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": pause}))
    commit = GroupCommit(writes.write, linger_s=0.05)
    first = asyncio.create_task(commit.submit(1))
    await eventually(lambda: pauses)
    second = asyncio.create_task(commit.submit(2))
    await eventually(lambda: len(commit._queue) == 2)
    is_over.set()

    assert list(await asyncio.gather(first, second)) == [10, 20]

    assert (writes.groups, pauses) == ([[1, 2]], [0.05])


async def test_a_group_has_a_largest_size(writes: Writes) -> None:
    commit = GroupCommit(writes.write, collisions=(Collision,))
    await asyncio.gather(*(commit.submit(number) for number in range(GROUP_MAX * 3 + 1)))

    assert max(map(len, writes.groups)) <= GROUP_MAX


async def test_one_bad_item_fails_alone(writes: Writes) -> None:
    commit = GroupCommit(writes.write, collisions=(Collision,))
    writes.poison = {3}

    results = await asyncio.gather(*(commit.submit(number) for number in range(6)), return_exceptions=True)

    assert [isinstance(result, ValueError) for result in results] == [False, False, False, True, False, False]
    assert [result for result in results if isinstance(result, int)] == [0, 10, 20, 40, 50]


async def test_a_collision_is_tried_again(writes: Writes) -> None:
    writes.failures = [Collision("once"), Collision("twice")]

    await GroupCommit(writes.write, collisions=(Collision,)).submit(1)

    assert writes.groups == [[1]]


async def test_without_a_database_every_caller_gets_the_error_at_once(writes: Writes) -> None:
    commit = GroupCommit(writes.write, collisions=(Collision,))
    writes.failures = [AutoReconnect("gone")]

    results = await asyncio.gather(*(commit.submit(number) for number in range(5)), return_exceptions=True)

    assert all(isinstance(result, AutoReconnect) for result in results)
    await commit.submit(9)
    assert writes.groups == [[9]]


@dataclass
class TwoTenants:
    """Items are (lane, number); those of lane A marked bad always fail."""

    attempts: list[list[tuple[str, int]]] = field(default_factory=list)
    is_bad: Callable[[int], bool] = lambda number: True

    async def write(self, items: list[tuple[str, int]]) -> list[int]:
        self.attempts.append(items)
        await asyncio.sleep(0)
        if any(lane == "A" and self.is_bad(number) for lane, number in items):
            raise ValueError("bad item")
        return [number for _, number in items]

    def commit(self) -> GroupCommit[tuple[str, int], int]:
        return GroupCommit(self.write, lane=lambda item: item[0])

    def before(self, lane: str, number: int) -> int:
        """How many writes began before the one that wrote that item together with good ones only."""
        return next(
            at
            for at, items in enumerate(self.attempts)
            if (lane, number) in items and not any(a == "A" and self.is_bad(n) for a, n in items)
        )


async def test_items_of_other_lanes_are_written_with_the_next_attempt() -> None:
    two = TwoTenants()
    commit = two.commit()
    items = [("A" if number % 2 else lane, number) for number, lane in enumerate("BCDEFGHI" * 8)]

    results = await asyncio.gather(*(commit.submit(item) for item in items), return_exceptions=True)

    assert [isinstance(result, ValueError) for result in results] == [lane == "A" for lane, _ in items]
    # The group, then the lanes by halves; none of the others waits for A's items one by one.
    last = max(two.before(lane, number) for lane, number in items if lane != "A")
    assert last <= 1 + 2 * 3


async def test_a_lane_whose_item_always_fails_does_not_slow_the_groups_of_others() -> None:
    two = TwoTenants()
    commit = two.commit()
    rounds, failing = 50, list[asyncio.Task[int]]()

    for number in range(rounds):
        failing += [asyncio.create_task(commit.submit(("A", number * 100 + part))) for part in range(8)]
        assert await asyncio.gather(*(commit.submit(("B", n)) for n in range(20))) == list(range(20))

    with_b = [at for at, items in enumerate(two.attempts) if any(lane == "B" for lane, _ in items)]
    assert max(later - earlier for earlier, later in pairwise(with_b)) <= 3
    # The first group is split once; afterwards A's are written apart, in turns with the common groups.
    assert len([items for items in two.attempts if {lane for lane, _ in items} == {"A", "B"}]) == 1
    assert all(isinstance(result, ValueError) for result in await asyncio.gather(*failing, return_exceptions=True))


async def test_good_items_of_a_lane_with_a_bad_one_are_written_by_halves() -> None:
    two = TwoTenants(is_bad=lambda number: number == 40)
    commit = two.commit()

    results = await asyncio.gather(*(commit.submit(("A", number)) for number in range(64)), return_exceptions=True)

    assert [number for number, result in enumerate(results) if isinstance(result, ValueError)] == [40]
    assert len(two.attempts) <= 1 + 2 * 6


async def test_a_lane_joins_the_others_again_after_enough_good_items() -> None:
    two = TwoTenants(is_bad=lambda number: number == 0)
    commit = two.commit()
    with pytest.raises(ValueError, match="bad item"):
        await commit.submit(("A", 0))

    for number in range(1, CLEAN_ITEMS + 1):
        await commit.submit(("A", number))
    two.attempts.clear()
    await asyncio.gather(commit.submit(("A", 1)), commit.submit(("B", 1)))

    assert two.attempts == [[("A", 1), ("B", 1)]]
