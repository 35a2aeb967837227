"""What waits at the same moment is written together."""

import asyncio
from types import SimpleNamespace

import pytest
from pymongo.errors import AutoReconnect

from gateway_kit.mongo import group_commit
from gateway_kit.mongo.group_commit import GROUP_MAX, GroupCommit
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


async def test_nobody_waits_for_a_group_to_fill(writes: Writes) -> None:
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


async def test_where_nobody_is_in_a_hurry_the_first_waits_for_others(
    writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
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

    assert await asyncio.gather(first, second) == [10, 20]

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


async def test_without_a_database_everybody_is_told_at_once(writes: Writes) -> None:
    commit = GroupCommit(writes.write, collisions=(Collision,))
    writes.failures = [AutoReconnect("gone")]

    results = await asyncio.gather(*(commit.submit(number) for number in range(5)), return_exceptions=True)

    assert all(isinstance(result, AutoReconnect) for result in results)
    await commit.submit(9)
    assert writes.groups == [[9]]
