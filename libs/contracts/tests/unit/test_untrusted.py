"""Numbers and times from outside never break what is computed with them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.untrusted import (
    MOMENT_FIRST,
    MOMENT_LAST,
    bounded_seconds,
    moment_from,
    seconds_from_header,
)

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
DAY_S = 86_400.0

ABSURD_HEADERS = [
    "9" * 400, "-" + "9" * 400, "1e400", "NaN", "inf", "-inf", "٣", "1.5", "0x10", "", " ", "soon", "\x00",
    "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "Mon, 01 Jan 0001 00:00:00 GMT",
    "Thu, 01 Jan 1970 00:00:00 +9999999999999999", "Thu, 01 Jan 99999 00:00:00 GMT",
    f"Thu, 01 Jan 2026 00:00:{10**40} GMT", f"Thu, {10**40} Jan 2026 00:00:00 GMT",
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("-5", None),
        ("999999999999999", DAY_S),
        ("Thu, 15 Jan 2026 12:01:00 GMT", 60.0),
        ("Thu, 15 Jan 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY_S),
        ("Mon, 01 Jan 0001 00:00:00 GMT", 0.0),
        (None, None),
        ("soon", None),
        ("1.5", None),
    ],
)
def test_a_delay_of_a_header(text: str | None, expected: float | None) -> None:
    assert seconds_from_header(text, now=NOW, at_most=DAY_S) == expected


@pytest.mark.parametrize("text", ABSURD_HEADERS)
def test_an_absurd_header_gives_a_bounded_delay_or_none(text: str) -> None:
    seconds = seconds_from_header(text, now=NOW, at_most=DAY_S)

    assert seconds is None or NOW <= NOW + timedelta(seconds=seconds) <= NOW + timedelta(days=1)


@given(
    st.one_of(st.text(), st.integers().map(str), st.datetimes().map(lambda at: at.strftime("%a, %d %b %Y %H:%M:%S")))
)
def test_any_header_gives_a_bounded_delay_or_none(text: str) -> None:
    seconds = seconds_from_header(text, now=NOW, at_most=DAY_S)

    assert seconds is None or 0 <= seconds <= DAY_S


@given(st.one_of(st.integers(), st.floats(allow_nan=True, allow_infinity=True), st.none(), st.booleans(), st.text()))
def test_any_number_of_seconds_is_bounded(value: object) -> None:
    seconds = bounded_seconds(value, at_most=DAY_S)

    assert seconds is None or 0 <= seconds <= DAY_S


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("inf"), True, "5", None, [5]])
def test_absurd_numbers_of_seconds(value: object) -> None:
    assert bounded_seconds(value, at_most=60) in (None, 0.0, 60.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-15T12:00:00Z", NOW),
        ("2026-01-15T14:00:00+02:00", NOW),
        ("2026-01-15T12:00:00", NOW),
        (1768478400, NOW),
    ],
)
def test_a_moment(value: object, expected: datetime) -> None:
    assert moment_from(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "1969-07-20T20:17:00Z",
        10**400, -1, 2**63, True, 1.5, float("nan"), None, "", "now", "2026-13-01T00:00:00Z", [], {}, "9" * 4_000,
    ],
)  # fmt: skip
def test_what_is_no_moment_of_a_payment(value: object) -> None:
    with pytest.raises(ValueError, match="moment"):
        moment_from(value)


def test_a_moment_without_an_offset_where_one_is_needed() -> None:
    with pytest.raises(ValueError, match="moment"):
        moment_from("2026-01-15T12:00:00", needs_offset=True)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.datetimes(timezones=st.timezones()).map(datetime.isoformat)))
def test_any_value_is_a_moment_in_range_or_a_value_error(value: object) -> None:
    try:
        moment = moment_from(value)
    except ValueError:
        return
    assert MOMENT_FIRST <= moment <= MOMENT_LAST
    assert moment.utcoffset() == timedelta(0)
