"""Number layouts: the numbers that they build, and the layouts that are refused."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway_contracts.numbering import (
    DEFAULT_CREDIT_NOTE_LAYOUT,
    DEFAULT_INVOICE_LAYOUT,
    LayoutRefused,
    NumberLayout,
    layout_from_settings,
)

DAY = date(2026, 3, 27)
FISCAL = {"period_type": "fiscal", "reset_policy": "fiscal_year", "fiscal_year_start_month": 4}


@pytest.mark.parametrize(
    ("settings", "sequence", "expected"),
    [
        ({"prefix": "INV-", "periodType": "none", "sequenceDigits": 4}, 1, "INV-0001"),
        ({}, 1, "INV-2026-00001"),
        ({"periodGranularity": "year_month"}, 1, "INV-2026-03-00001"),
        ({"periodGranularity": "year_month_day"}, 1, "INV-2026-03-27-00001"),
        ({"periodGranularity": "year_month_day", "periodSeparator": "none", "infix": "-"}, 1, "INV-20260327-00001"),
        (
            {
                "prefix": "INV",
                "periodType": "fiscal",
                "fiscalYearStartMonth": 2,
                "fiscalYearLabelMode": "end_year",
                "periodSeparator": "none",
                "infix": "AR",
                "resetPolicy": "fiscal_year",
            },
            1,
            "INV2027AR00001",
        ),
        ({"prefix": "CN-", "sequenceDigits": 4, "suffix": "-REV"}, 1, "CN-2026-0001-REV"),
        ({"sequenceDigits": 3}, 12345, "INV-2026-12345"),
    ],
)
def test_documented_samples(settings: dict[str, object], sequence: int, expected: str) -> None:
    layout = layout_from_settings(settings, DEFAULT_INVOICE_LAYOUT)

    assert layout.number(sequence, DAY, livemode=True) == expected
    assert layout.number(sequence, DAY, livemode=False) == f"TEST-{expected}"


def test_defaults() -> None:
    assert layout_from_settings(None, DEFAULT_INVOICE_LAYOUT) is DEFAULT_INVOICE_LAYOUT
    assert DEFAULT_CREDIT_NOTE_LAYOUT.number(7, DAY, livemode=True) == "CN-2026-00007"


@pytest.mark.parametrize(
    ("day", "mode", "expected"),
    [
        (date(2026, 3, 31), "end_year", 2026),
        (date(2026, 4, 1), "end_year", 2027),
        (date(2026, 3, 31), "start_year", 2025),
        (date(2026, 4, 1), "start_year", 2026),
    ],
)
def test_fiscal_year_is_labeled_by_its_start_or_end(day: date, mode: str, expected: int) -> None:
    layout = layout_from_settings(
        {"periodType": "fiscal", "fiscalYearStartMonth": 4, "fiscalYearLabelMode": mode}, DEFAULT_INVOICE_LAYOUT
    )

    assert layout.fiscal_year(day) == expected
    assert layout.reset_key(day) == f"fy{expected}"


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"periodType": "none", "resetPolicy": "calendar_year"}, "resetPolicy"),
        ({"periodType": "calendar", "resetPolicy": "fiscal_year", "fiscalYearStartMonth": 4}, "resetPolicy"),
        ({"periodType": "fiscal", "resetPolicy": "calendar_year", "fiscalYearStartMonth": 4}, "resetPolicy"),
        ({"periodType": "weekly"}, "periodType"),
        ({"sequenceDigits": 0}, "sequenceDigits"),
        ({"sequenceDigits": "5"}, "sequenceDigits"),
        ({"sequenceDigits": True}, "sequenceDigits"),
        ({"startNumber": 0}, "startNumber"),
        ({"fiscalYearStartMonth": 13}, "fiscalYearStartMonth"),
        ({"prefix": "TEST-"}, "prefix"),
        ({"prefix": "a{b}"}, "prefix"),
        ({"suffix": "x" * 21}, "suffix"),
        ({"infix": 5}, "infix"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_refused_layouts_name_the_field(settings: dict[str, object], field: str) -> None:
    with pytest.raises(LayoutRefused) as refused:
        layout_from_settings(settings, DEFAULT_INVOICE_LAYOUT)

    assert refused.value.field == field


_LAYOUTS = st.fixed_dictionaries(
    {
        "period_type": st.sampled_from(["none", "calendar", "fiscal"]),
        "period_granularity": st.sampled_from(["year", "year_month", "year_month_day"]),
        "fiscal_year_start_month": st.integers(1, 12),
        "fiscal_year_label_mode": st.sampled_from(["start_year", "end_year"]),
        "period_separator": st.sampled_from(["dash", "none"]),
        "reset_policy": st.sampled_from(["never", "calendar_year", "fiscal_year"]),
    }
)


@given(_LAYOUTS, st.integers(0, 1500), st.integers(1, 1500), st.integers(1, 200))
def test_two_reset_periods_never_print_the_same_number(
    values: dict[str, object], start: int, apart: int, sequence: int
) -> None:
    """Property of an accepted layout: where the count restarts, the text differs."""
    try:
        layout = NumberLayout(**values)  # type: ignore[arg-type]  # drawn values, some of them refused
    except LayoutRefused:
        assume(False)
    first = date(2024, 1, 1) + timedelta(days=start)
    second = first + timedelta(days=apart)

    if layout.reset_key(first) != layout.reset_key(second):
        assert layout.number(sequence, first, livemode=True) != layout.number(sequence, second, livemode=True)


@given(_LAYOUTS)
def test_layouts_are_refused_only_for_a_collision(values: dict[str, object]) -> None:
    """Every refused combination has two days whose numbers would be equal."""
    try:
        NumberLayout(**values)  # type: ignore[arg-type]  # drawn values, some of them refused
    except LayoutRefused:
        layout = NumberLayout(**{**values, "reset_policy": "never"})  # type: ignore[arg-type]  # the same texts
        policy = values["reset_policy"]
        days = [date(2024, 1, 1) + timedelta(days=n) for n in range(1100)]
        keys: dict[str, set[int]] = {}
        for day in days:
            key = day.year if policy == "calendar_year" else layout.fiscal_year(day)
            keys.setdefault(layout.number(1, day, livemode=True), set()).add(key)
        assert any(len(periods) > 1 for periods in keys.values())


def test_stem_is_the_number_without_its_sequence() -> None:
    layout = NumberLayout(suffix="-X")

    assert layout.stem(DAY, livemode=False) == "TEST-INV-2026-{}-X"
