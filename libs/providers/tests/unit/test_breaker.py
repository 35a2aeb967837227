"""An account whose provider does not answer is left alone for a moment."""

import pytest

from gateway_contracts.errors import Transient
from gateway_providers.breaker import FAILURES_MAX, OPEN_S, Breaker


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    breaker = Breaker(time)
    for _ in range(FAILURES_MAX):
        breaker.enter("a")
        breaker.failed("a")
    return breaker


def test_after_failures_in_a_row_nothing_is_sent(breaker: Breaker) -> None:
    with pytest.raises(Transient) as refused:
        breaker.enter("a")

    assert refused.value.retry_after_s == OPEN_S
    breaker.enter("b")


def test_after_a_pause_one_call_looks(breaker: Breaker, time: Time) -> None:
    time.now += OPEN_S
    breaker.enter("a")

    with pytest.raises(Transient):
        breaker.enter("a")


def test_a_success_closes_it(breaker: Breaker, time: Time) -> None:
    time.now += OPEN_S
    breaker.enter("a")
    breaker.succeeded("a")

    breaker.enter("a")
    breaker.enter("a")


def test_a_failed_look_opens_it_again(breaker: Breaker, time: Time) -> None:
    time.now += OPEN_S
    breaker.enter("a")
    breaker.failed("a")

    with pytest.raises(Transient):
        breaker.enter("a")


def test_a_look_that_was_given_up_lets_the_next_one_look(breaker: Breaker, time: Time) -> None:
    time.now += OPEN_S
    breaker.enter("a")
    breaker.abandoned("a")

    breaker.enter("a")


def test_a_success_in_between_starts_the_count_again() -> None:
    breaker = Breaker(Time())
    for _ in range(FAILURES_MAX - 1):
        breaker.failed("a")
    breaker.succeeded("a")
    breaker.failed("a")

    breaker.enter("a")
