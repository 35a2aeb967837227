"""When a notification is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ipn.domain.changes import IpnVersion
from ipn.domain.outcome import Outcome, retry_after_of
from ipn.domain.schedule import (
    DELAYS,
    JITTER,
    RETRY_AFTER_MAX,
    UNRECORDED_MAX,
    next_attempt_at,
    pause_after_loss,
)

CREATED = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def offsets(ipn_version: IpnVersion, jitter: float = 0.0) -> list[timedelta]:
    """The times of all attempts of a delivery that always fails, since its creation."""
    moments, now = [CREATED], CREATED
    while due := next_attempt_at(
        ipn_version=ipn_version, made=len(moments), created_at=CREATED, now=now, jitter=jitter
    ):
        moments.append(due)
        now = due
    return [moment - CREATED for moment in moments]


def test_version_1_runs_the_whole_schedule() -> None:
    expected = [timedelta(0)]
    for delay in DELAYS:
        expected.append(expected[-1] + delay)

    assert offsets(1) == expected
    assert len(expected) == 10
    assert expected[-1] == timedelta(hours=75, minutes=35, seconds=5)


@pytest.mark.parametrize("jitter", [-1.0, 0.0, 0.37, 1.0])
def test_version_2_ends_inside_its_48_hours_with_one_attempt_at_47(jitter: float) -> None:
    times = offsets(2, jitter)

    assert times[-1] == timedelta(hours=47)
    assert all(earlier < later for earlier, later in pairwise(times))


@pytest.mark.parametrize("jitter", [-1.0, 1.0])
def test_jitter_stays_inside_its_share(jitter: float) -> None:
    due = next_attempt_at(ipn_version=1, made=2, created_at=CREATED, now=CREATED, jitter=jitter)

    assert due == CREATED + timedelta(minutes=5) * (1 + JITTER * jitter)


def test_retry_after_delays_and_never_hurries() -> None:
    def due(retry_after: timedelta) -> datetime | None:
        return next_attempt_at(ipn_version=1, made=1, created_at=CREATED, now=CREATED, retry_after=retry_after)

    assert due(timedelta(seconds=90)) == CREATED + timedelta(seconds=90)
    assert due(timedelta(seconds=1)) == CREATED + timedelta(seconds=5)
    assert due(timedelta(days=400)) == CREATED + timedelta(hours=24)


@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (503, "120", timedelta(seconds=120)),
        (429, " 7 ", timedelta(seconds=7)),
        (503, "Thu, 15 Jan 2026 12:01:00 GMT", timedelta(seconds=60)),
        (503, "Thu, 15 Jan 2026 11:01:00 GMT", timedelta(0)),
        (500, "120", None),
        (503, "soon", None),
        (503, "-5", None),
        (503, None, None),
    ],
)
def test_retry_after_counts_for_429_and_503(status: int, header: str | None, expected: timedelta | None) -> None:
    assert retry_after_of(status, header, CREATED) == expected


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "delivered"), (202, "delivered"), (204, "delivered"), (299, "delivered"), (301, "retry"), (307, "retry"),
     (400, "retry"), (404, "retry"), (408, "retry"), (410, "stop"), (429, "retry"), (500, "retry"), (None, "retry")],
)  # fmt: skip
def test_verdicts(status: int | None, verdict: str) -> None:
    assert Outcome(CREATED, 1, http_status=status).verdict == verdict


@given(
    header=st.one_of(st.text(), st.integers().map(str), st.datetimes().map(format_datetime)),
    made=st.integers(1, 12),
    jitter=st.floats(-1, 1),
)
def test_whatever_a_header_says_the_next_attempt_is_within_its_schedule(header: str, made: int, jitter: float) -> None:
    due = next_attempt_at(
        ipn_version=1,
        made=made,
        created_at=CREATED,
        now=CREATED,
        jitter=jitter,
        retry_after=retry_after_of(503, header, CREATED),
    )

    assert due is None or CREATED <= due <= CREATED + RETRY_AFTER_MAX * (1 + JITTER)


@given(st.integers(1, 10_000))
def test_a_lost_lease_is_waited_for_a_bounded_time_and_not_without_end(unrecorded: int) -> None:
    pause = pause_after_loss(unrecorded)

    assert (pause is None) == (unrecorded > UNRECORDED_MAX)
    assert pause is None or timedelta(0) <= pause <= timedelta(minutes=5)


@given(
    status=st.integers(), duration=st.integers(), error=st.text(), seconds=st.one_of(st.none(), st.floats(0, 86_400))
)
def test_any_attempt_can_be_written(status: int, duration: int, error: str, seconds: float | None) -> None:
    delay = None if seconds is None else timedelta(seconds=seconds)

    assert bson.encode(TypeAdapter(Outcome).dump_python(Outcome(CREATED, duration, status, error, delay)))
