"""Amounts in all and per lane, and what is left for known callers."""

import pytest

from gateway_kit.allowance import Allowance, Lane


def test_one_lane_never_has_more_than_its_cap_and_the_others_have_the_rest() -> None:
    allowance = Allowance(total=10)
    greedy, other = Lane("greedy", 4), Lane("other", 4)

    assert [allowance.take(2, greedy) for _ in range(3)] == [None, None, "lane"]
    assert allowance.take(4, other) is None
    assert allowance.take(3, Lane("third", 4)) == "total"
    assert (allowance.held, allowance.held_by("greedy"), allowance.held_by("third")) == (8, 4, 0)


def test_what_is_given_back_can_be_taken_again_and_empty_lanes_are_forgotten() -> None:
    allowance = Allowance(total=4)
    lane = Lane("a", 4)
    for _ in range(100):
        assert allowance.take(4, lane) is None
        allowance.give_back(4, lane)

    assert (allowance.held, allowance.held_by("a"), allowance._lanes) == (0, 0, {})


def test_an_amount_counts_in_all_of_its_lanes_or_in_none() -> None:
    allowance = Allowance(total=10)
    address, account = Lane("address", 4), Lane("account", 2)

    assert allowance.take(2, address, account) is None
    assert allowance.take(1, address, account) == "lane"
    assert (allowance.held_by("address"), allowance.held_by("account")) == (2, 2)


def test_the_reserve_of_total_and_lane_is_for_known_callers() -> None:
    allowance = Allowance(total=8, reserve=4)
    lane = Lane("account", 4)

    assert [allowance.take(1, lane) for _ in range(3)] == [None, None, "lane"]
    assert [allowance.take(1, Lane(str(number), 4)) for number in range(3)] == [None, None, "total"]
    assert [allowance.take(1, lane, is_known=True) for _ in range(3)] == [None, None, "lane"]


@pytest.mark.parametrize("reserve", [-1, 5, 6])
def test_a_reserve_leaves_something(reserve: int) -> None:
    with pytest.raises(ValueError, match="reserve"):
        Allowance(total=5, reserve=reserve)
