"""An account whose provider does not answer is left alone for a moment."""

import pytest

from gateway_contracts.errors import Transient
from gateway_providers.breaker import ACCOUNTS_MAX, FAILURES_MAX, OPEN_S, OPEN_S_MAX, Breaker
from gateway_providers.errors import ProviderBusy


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


def test_each_failed_look_doubles_the_pause_up_to_a_bound(breaker: Breaker, time: Time) -> None:
    pauses = []
    for _ in range(6):
        with pytest.raises(ProviderBusy) as refused:
            breaker.enter("a")
        pauses.append(refused.value.retry_after_s)
        time.now += refused.value.retry_after_s or 0
        breaker.enter("a")
        breaker.failed("a")

    assert pauses == [10, 20, 40, 60, 60, 60]
    time.now += OPEN_S_MAX
    breaker.enter("a")
    breaker.succeeded("a")
    for _ in range(FAILURES_MAX):
        breaker.failed("a")
    with pytest.raises(ProviderBusy) as refused:
        breaker.enter("a")
    assert refused.value.retry_after_s == OPEN_S


def test_accounts_that_fail_do_not_keep_others_from_their_circuit(time: Time) -> None:
    breaker = Breaker(time)
    for number in range(ACCOUNTS_MAX):
        breaker.failed(f"other-{number}")
    for _ in range(FAILURES_MAX):
        breaker.failed("a")

    with pytest.raises(ProviderBusy):
        breaker.enter("a")
    assert len(breaker._circuits) <= ACCOUNTS_MAX


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
