"""Waterfalls: bars in the order of time on one axis, and durations in words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.console.waterfall import WIDTH, bars
from admin_api.shared.domain.durations import duration_text

START = datetime(2026, 1, 15, 12, tzinfo=UTC)
moments = st.integers(0, 10**10).map(lambda number: START + timedelta(milliseconds=number))
spans = st.lists(st.tuples(moments, st.integers(0, 10**9)), max_size=20)


@given(spans, st.booleans())
def test_bars_stay_on_the_axis_and_in_the_order_of_their_beginnings(
    given_spans: list[tuple[datetime, int]], is_linear: bool
) -> None:
    drawn = bars(given_spans, is_linear=is_linear)
    assert len(drawn) == len(given_spans)
    for bar in drawn:
        assert bar.x >= 0
        assert bar.width > 0
        assert bar.x + bar.width <= WIDTH
    in_time = sorted(zip(given_spans, drawn, strict=True), key=lambda pair: pair[0][0])
    places = [bar.x for _, bar in in_time]
    assert places == sorted(places)


def test_a_linear_axis_is_in_proportion_and_another_shortens_what_is_long() -> None:
    given_spans = [(START, 1_000), (START + timedelta(seconds=9), 1_000)]
    assert [(bar.x, bar.width) for bar in bars(given_spans, is_linear=True)] == [(0, 100), (900, 100)]
    assert bars(given_spans)[0].width > 250


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"),
        (0.44, "0.4 ms"),
        (12.3, "12 ms"),
        (999, "999 ms"),
        (1_400, "1.4 s"),
        (9_000, "9 s"),
        (31_000, "31 s"),
        (75_000, "1 min 15 s"),
        (120_000, "2 min"),
        (7_500_000, "2 h 5 min"),
        (3 * 86_400_000 + 60_000, "3 d"),
    ],
)
def test_a_duration_has_its_two_largest_units(milliseconds: int, text: str) -> None:
    assert duration_text(milliseconds) == text


def test_a_duration_has_the_decimal_sign_of_the_reader() -> None:
    assert duration_text(1_500, decimal_sign=",") == "1,5 s"
