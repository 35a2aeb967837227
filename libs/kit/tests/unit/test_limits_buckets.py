"""Token buckets: the bound of one instance, and of several that hear each other late."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.limits.buckets import Buckets, Policy, Spending

policies = st.builds(
    Policy, st.just("p"), st.integers(min_value=1, max_value=300), st.floats(min_value=0.1, max_value=200)
)
pauses = st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=300)


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def buckets_of(policy: Policy, time: Time, **options: int) -> Buckets:
    return Buckets((policy,), secret=b"secret", monotonic=time, **options)


@given(policies, pauses)
def test_no_stretch_of_time_admits_more_than_capacity_and_rate(policy: Policy, waits: list[float]) -> None:
    time = Time()
    buckets = buckets_of(policy, time)
    admitted = []
    for wait in waits:
        time.now += wait
        if buckets.take(policy, "a").is_allowed:
            admitted.append(time.now)

    for first in range(0, len(admitted), 7):
        for last in range(first, len(admitted), 5):
            elapsed = admitted[last] - admitted[first]
            assert last - first + 1 <= policy.capacity + elapsed * policy.per_s + 1e-6


@given(policies, pauses)
def test_a_caller_that_waits_as_asked_is_admitted(policy: Policy, waits: list[float]) -> None:
    time = Time()
    buckets = buckets_of(policy, time)
    for wait in waits:
        time.now += wait
        decision = buckets.take(policy, "a")
        assert 0 <= decision.remaining <= policy.capacity
        if not decision.is_allowed:
            assert decision.remaining == 0
            time.now += decision.retry_after_s
            assert buckets.take(policy, "a").is_allowed


@given(policies, st.integers(min_value=2, max_value=4), st.lists(st.integers(0, 40), min_size=20, max_size=80))
def test_instances_together_overshoot_once_and_pay_it_back(policy: Policy, count: int, offered: list[int]) -> None:
    interval = 0.1
    time = Time()
    instances = [buckets_of(policy, time) for _ in range(count)]
    admitted = 0
    for requests in offered:
        admitted += sum(instance.take(policy, "a").is_allowed for instance in instances for _ in range(requests))
        time.now += interval
        tell_each_other(instances)

    elapsed = interval * len(offered)
    assert admitted <= count * policy.capacity + policy.per_s * (elapsed + (count - 1) * interval) + count


def test_two_instances_under_steady_load_admit_the_rate_of_one() -> None:
    policy, time = Policy("key", 200, 100.0), Time()
    instances = [buckets_of(policy, time) for _ in range(2)]
    admitted = []
    for _ in range(600):
        admitted.append(sum(instance.take(policy, "a").is_allowed for instance in instances for _ in range(20)))
        time.now += 0.1
        tell_each_other(instances)

    assert sum(admitted) <= 2 * 200 + 60 * 100
    # Once the first burst is paid back it is the rate, not twice the rate.
    assert sum(admitted[100:]) == pytest.approx(50 * 100, rel=0.05)


def tell_each_other(instances: list[Buckets]) -> None:
    changes = [(str(index), list(instance.changes(1000))) for index, instance in enumerate(instances)]
    for index, instance in enumerate(instances):
        for name, spendings in changes:
            for spending in spendings:
                if name != str(index):
                    instance.absorb(spending, instance=name)


def test_a_lost_message_is_made_good_by_the_next() -> None:
    policy, time = Policy("p", 10, 1.0), Time()
    here, there = buckets_of(policy, time), buckets_of(policy, time)
    there.absorb(Spending("other.x", 5, 5.0), instance="here")
    for _ in range(3):
        here.take(policy, "a")
        here.take(policy, "a")
        message = list(here.changes(10))
    there.absorb(message[0], instance="here")

    assert there.take(policy, "a").remaining == 3
    assert len(there) == 1


def test_what_everybody_spent_before_is_not_spent_again_on_the_first_message() -> None:
    policy, time = Policy("p", 10, 1.0), Time()
    old, new = buckets_of(policy, time), buckets_of(policy, time)
    for _ in range(500):
        old.take(policy, "a")
        time.now += 1
    old.take(policy, "a")
    for spending in old.changes(10):
        new.absorb(spending, instance="old")

    assert new.take(policy, "a").remaining >= 7


def test_at_the_start_the_highest_level_counts_and_drains_with_its_age() -> None:
    policy, time = Policy("p", 10, 1.0), Time()
    buckets = buckets_of(policy, time)
    name = f"p.{'0' * 32}"
    for instance, level in (("a", 6.0), ("b", 9.0)):
        buckets.absorb(Spending(name, 40, level), instance=instance, age_s=2.0, is_first_reading=True)

    assert [item.level for item in buckets._buckets.values()] == [7.0]


def test_subjects_and_policies_do_not_share() -> None:
    one, two, time = Policy("one", 1, 1.0), Policy("two", 1, 1.0), Time()
    buckets = Buckets((one, two), secret=b"s", monotonic=time)
    assert [buckets.take(*pair).is_allowed for pair in ((one, "a"), (one, "b"), (two, "a"), (one, "a"))] == [
        True,
        True,
        True,
        False,
    ]


def test_names_do_not_show_the_subject() -> None:
    policy = Policy("address", 5, 1.0)
    buckets = buckets_of(policy, Time())
    buckets.take(policy, "203.0.113.9")
    assert "203.0.113.9" not in next(buckets.changes(1)).bucket


def test_memory_is_bounded_and_full_buckets_are_forgotten() -> None:
    policy, time = Policy("p", 5, 1.0), Time()
    buckets = buckets_of(policy, time, buckets_max=100)
    for number in range(250):
        buckets.take(policy, str(number))
    assert len(buckets) == 100
    assert len(list(buckets.changes(1000))) == 100

    time.now += 10
    buckets.purge()
    assert len(buckets) == 0


def test_windows_are_what_a_policy_says() -> None:
    assert Policy("key", 200, 100.0).window_s == 2
    assert Policy.per_minute("address", 100).window_s == math.ceil(100 / (100 / 60))
