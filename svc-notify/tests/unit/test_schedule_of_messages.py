from datetime import timedelta

from gateway_testkit.clock import START
from notify.domain.schedule import RETRY_SCHEDULE, next_attempt_at


def test_the_schedule_ends_after_ten_attempts() -> None:
    waits = [next_attempt_at(made, now=START, jitter=0) for made in range(1, 11)]
    assert [at - START for at in waits[:-1] if at] == list(RETRY_SCHEDULE)
    assert waits[-1] is None


def test_jitter_lengthens_a_wait_by_a_fifth_at_most() -> None:
    assert next_attempt_at(1, now=START, jitter=1) == START + timedelta(seconds=72)
