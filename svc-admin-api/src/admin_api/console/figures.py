"""Figures of the first page as it draws them: comparisons, and bars of days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

CHART_HEIGHT: Final = 100
BAR_WIDTH: Final = 10
_GAP: Final = 2
_RATIO_MAX: Final = 10
"""A change beyond it says nothing: it began from almost nothing."""


@dataclass(frozen=True)
class Bar:
    """One day of a chart, in its units; ``day`` and ``amounts`` are for its table."""

    left: int
    top: int
    width: int
    height: int
    day: str
    amounts: Mapping[str, Any]


def change_text(current: float, previous: float, locale: Locale) -> str | None:
    """The change in percent with its sign; None where there is nothing to compare with."""
    if not previous or abs(current - previous) > abs(previous) * _RATIO_MAX:
        return None
    text = format_percent(abs(current - previous) / abs(previous), format="#,##0\xa0%", locale=locale)
    sign = "+" if current > previous else "\N{MINUS SIGN}" if current < previous else "±"
    return sign + text


def rate_text(rate: float | None, locale: Locale) -> str:
    """A share in percent; a dash without one."""
    return "–" if rate is None else format_percent(rate, format="#,##0.0\xa0%", locale=locale)


def day_text(day: str, locale: Locale) -> str:
    """A day of the API in the words of the page."""
    return format_date(date.fromisoformat(day), "medium", locale=locale)


def decimal_text(number: int | str, locale: Locale) -> str:
    """A quantity or a rate of the API, with the signs of the language."""
    return str(format_decimal(Decimal(str(number)), format="#,##0.####", locale=locale))


def bars_of(period: Mapping[str, str], rows: Sequence[Mapping[str, Any]], currency: str, locale: Locale) -> list[Bar]:
    """The volume of each day of the period in one currency; the highest day has the height of the chart."""
    first, last = date.fromisoformat(period["firstDay"]), date.fromisoformat(period["lastDay"])
    known = {row["day"]: row for row in rows if row["currency"] == currency}
    highest = max((row["volume"] for row in known.values()), default=0)
    bars = []
    for number in range((last - first).days + 1):
        day = (first + timedelta(days=number)).isoformat()
        amounts = known.get(day, {"volume": 0, "net": 0, "currency": currency})
        height = round(CHART_HEIGHT * max(amounts["volume"], 0) / highest) if highest > 0 else 0
        if amounts["volume"] > 0:
            height = max(height, 1)
        left = number * BAR_WIDTH
        bars.append(Bar(left, CHART_HEIGHT - height, BAR_WIDTH - _GAP, height, day_text(day, locale), amounts))
    return bars
