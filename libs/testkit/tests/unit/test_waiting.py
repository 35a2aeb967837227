import pytest

from gateway_testkit.clock import START, FrozenClock
from gateway_testkit.waiting import eventually


async def test_it_returns_the_first_true_value() -> None:
    answers = iter([0, None, "here"])
    assert await eventually(lambda: next(answers)) == "here"


async def test_a_coroutine_that_asserts_is_repeated() -> None:
    seen: list[int] = []

    async def check() -> bool:
        seen.append(1)
        assert len(seen) == 3
        return True

    assert await eventually(check)
    assert len(seen) == 3


async def test_it_gives_up_with_the_last_assertion() -> None:
    def never() -> None:
        raise AssertionError("still not")

    with pytest.raises(AssertionError, match="still not"):
        await eventually(never, timeout_s=0.05)


def test_the_frozen_clock_moves_only_on_command() -> None:
    clock = FrozenClock()
    assert clock.now() == clock.now() == START
    assert (clock.advance(90) - START).total_seconds() == 90
