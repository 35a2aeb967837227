"""One answer for all who ask the same at the same moment, never an older one."""

import asyncio
from typing import Any

import pytest

from gateway_contracts.errors import Transient
from gateway_kit.shared_answers import SharedAnswers
from gateway_testkit.waiting import eventually


class Asked:
    """Counts what it is asked; answers when the test says so."""

    def __init__(self) -> None:
        self.count = 0
        self.answers: list[asyncio.Future[Any]] = []

    async def __call__(self) -> Any:
        self.count += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.answers.append(answer)
        return await answer


async def test_all_who_came_meanwhile_share_a_call_that_begins_after_they_came() -> None:
    asked, shared = Asked(), SharedAnswers[Any]()
    first = asyncio.create_task(shared.ask("a", asked))
    await eventually(lambda: asked.count == 1)
    later = [asyncio.create_task(shared.ask("a", asked)) for _ in range(6_000)]
    await asyncio.sleep(0)

    asked.answers[0].set_result("pending")
    assert await first == "pending"
    await eventually(lambda: asked.count == 2)
    asked.answers[1].set_result("paid")

    assert set(await asyncio.gather(*later)) == {"paid"}
    assert asked.count == 2
    await eventually(lambda: shared.keys == 0)


async def test_one_that_comes_during_the_shared_call_asks_once_more() -> None:
    asked, shared = Asked(), SharedAnswers[Any]()
    tasks = [asyncio.create_task(shared.ask("a", asked))]
    for number in range(3):
        await eventually(lambda number=number: asked.count == number + 1)  # type: ignore[misc]  # binds this turn's
        tasks.append(asyncio.create_task(shared.ask("a", asked)))
        await asyncio.sleep(0)
        asked.answers[number].set_result(number)
    await eventually(lambda: asked.count == 4)
    asked.answers[3].set_result(3)

    assert await asyncio.gather(*tasks) == [0, 1, 2, 3]


async def test_a_failure_is_everybodys_and_the_next_one_asks_again() -> None:
    asked, shared = Asked(), SharedAnswers[Any]()
    first = asyncio.create_task(shared.ask("a", asked))
    await eventually(lambda: asked.count == 1)
    asked.answers[0].set_exception(Transient("away"))
    with pytest.raises(Transient):
        await first
    await eventually(lambda: shared.keys == 0)

    again = asyncio.create_task(shared.ask("a", asked))
    await eventually(lambda: asked.count == 2)
    asked.answers[1].set_result("paid")
    assert await again == "paid"


async def test_other_questions_do_not_wait() -> None:
    asked, shared = Asked(), SharedAnswers[Any]()
    tasks = [asyncio.create_task(shared.ask(f"{number}", asked)) for number in range(3)]
    await eventually(lambda: asked.count == 3)
    for answer in asked.answers:
        answer.set_result("paid")
    assert await asyncio.gather(*tasks) == ["paid"] * 3
