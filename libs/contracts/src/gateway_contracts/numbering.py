"""Layouts of invoice numbers, and the series that each number belongs to.

Known to both sides: svc-admin-api refuses a layout when it is set, svc-invoice numbers by it.

A number is ``prefix · period · separator · infix · sequence · suffix``; the separator (a dash) stands between the parts
of the period and behind it, and vanishes with ``none``. Samples: ``INV-0001``, ``INV-2026-00001``,
``INV-2026-03-27-00001``, ``INV2027AR00001``, ``CN-2026-0001-REV``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final, Literal, get_args

PeriodType = Literal["none", "calendar", "fiscal"]
Granularity = Literal["year", "year_month", "year_month_day"]
LabelMode = Literal["start_year", "end_year"]
Separator = Literal["dash", "none"]
ResetPolicy = Literal["never", "calendar_year", "fiscal_year"]

TEST_PREFIX: Final = "TEST-"
SEQUENCE_DIGITS_MAX: Final = 12
START_NUMBER_MAX: Final = 10**SEQUENCE_DIGITS_MAX - 1
AFFIX_LENGTH_MAX: Final = 20
# No control characters, nothing that a file name or an accounting import chokes on.
AFFIX_PATTERN: Final = r"^[A-Za-z0-9 ._/#-]*$"


class LayoutRefused(ValueError):
    """The layout could give the same number twice, or is not a layout.

    Attributes:
        field: the setting at fault, in the spelling of the settings document.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True)
class NumberLayout:
    """How the numbers of one kind of document look. Checked when built.

    Raises:
        LayoutRefused: a value is not allowed, or two periods of the reset policy could print the same number.
    """

    prefix: str = "INV-"
    period_type: PeriodType = "calendar"
    period_granularity: Granularity = "year"
    fiscal_year_start_month: int = 1
    fiscal_year_label_mode: LabelMode = "end_year"
    period_separator: Separator = "dash"
    infix: str = ""
    sequence_digits: int = 5
    suffix: str = ""
    reset_policy: ResetPolicy = "calendar_year"
    start_number: int = 1

    def __post_init__(self) -> None:
        self._check_choices()
        self._check_affixes()
        self._check_range("sequenceDigits", self.sequence_digits, 1, SEQUENCE_DIGITS_MAX)
        self._check_range("fiscalYearStartMonth", self.fiscal_year_start_month, 1, 12)
        self._check_range("startNumber", self.start_number, 1, START_NUMBER_MAX)
        if not self._reset_is_printed():
            raise LayoutRefused(
                "resetPolicy", f"{self.reset_policy} restarts the count, but the number does not show that period"
            )

    def _check_choices(self) -> None:
        for field, value, allowed in (
            ("periodType", self.period_type, PeriodType),
            ("periodGranularity", self.period_granularity, Granularity),
            ("fiscalYearLabelMode", self.fiscal_year_label_mode, LabelMode),
            ("periodSeparator", self.period_separator, Separator),
            ("resetPolicy", self.reset_policy, ResetPolicy),
        ):
            if value not in get_args(allowed):
                raise LayoutRefused(field, f"must be one of {', '.join(get_args(allowed))}")

    def _check_affixes(self) -> None:
        for field, text in (("prefix", self.prefix), ("infix", self.infix), ("suffix", self.suffix)):
            if not isinstance(text, str) or len(text) > AFFIX_LENGTH_MAX or not re.fullmatch(AFFIX_PATTERN, text):
                raise LayoutRefused(field, f"at most {AFFIX_LENGTH_MAX} letters, digits or . _ / # - and space")
        if self.prefix.startswith(TEST_PREFIX):
            raise LayoutRefused("prefix", f"{TEST_PREFIX} is reserved for test documents")

    @staticmethod
    def _check_range(field: str, value: Any, low: int, high: int) -> None:
        if type(value) is not int or not low <= value <= high:
            raise LayoutRefused(field, f"must be a whole number from {low} to {high}")

    def _reset_is_printed(self) -> bool:
        """Whether different reset periods always print different period texts."""
        if self.reset_policy == "never":
            return True
        if self.period_type == "none":
            return False
        # A month beside the year tells both years apart; when fiscal years start in January they are the same.
        return (
            self.reset_policy == f"{self.period_type}_year"
            or self.fiscal_year_start_month == 1
            or self.period_granularity != "year"
        )

    def fiscal_year(self, issued_on: date) -> int:
        """The label of the fiscal year: the calendar year in which it starts or ends."""
        first = issued_on.year if issued_on.month >= self.fiscal_year_start_month else issued_on.year - 1
        ends_later = self.fiscal_year_start_month != 1
        return first + (1 if ends_later and self.fiscal_year_label_mode == "end_year" else 0)

    def period(self, issued_on: date) -> str:
        """The text of the period, empty with ``none``."""
        if self.period_type == "none":
            return ""
        year = issued_on.year if self.period_type == "calendar" else self.fiscal_year(issued_on)
        parts = [f"{year:04d}"]
        if self.period_granularity != "year":
            parts.append(f"{issued_on.month:02d}")
        if self.period_granularity == "year_month_day":
            parts.append(f"{issued_on.day:02d}")
        return self._dash.join(parts)

    @property
    def _dash(self) -> str:
        return "-" if self.period_separator == "dash" else ""

    def reset_key(self, issued_on: date) -> str:
        """Names the period that shares one counter: ``all``, ``2026`` or ``fy2027``."""
        if self.reset_policy == "never":
            return "all"
        if self.reset_policy == "calendar_year":
            return f"{issued_on.year:04d}"
        return f"fy{self.fiscal_year(issued_on):04d}"

    def stem(self, issued_on: date, *, livemode: bool) -> str:
        """The number with ``{}`` in place of its sequence: equal stems share one run of sequence numbers."""
        period = self.period(issued_on)
        middle = f"{period}{self._dash}{self.infix}" if period else self.infix
        return f"{'' if livemode else TEST_PREFIX}{self.prefix}{middle}{{}}{self.suffix}"

    def number(self, sequence: int, issued_on: date, *, livemode: bool) -> str:
        """The printed number; a sequence longer than its digits is printed in full."""
        return self.stem(issued_on, livemode=livemode).format(f"{sequence:0{self.sequence_digits}d}")


DEFAULT_INVOICE_LAYOUT: Final = NumberLayout()
DEFAULT_CREDIT_NOTE_LAYOUT: Final = NumberLayout(prefix="CN-")


def layout_from_settings(settings: Mapping[str, Any] | None, default: NumberLayout) -> NumberLayout:
    """The layout of a settings document (camelCase names); what is absent keeps the default, unknown names are refused.

    Raises:
        LayoutRefused: see `NumberLayout`.
    """
    if not settings:
        return default
    names = {_camel(field.name): field.name for field in fields(NumberLayout)}
    unknown = sorted(set(settings) - set(names))
    if unknown:
        raise LayoutRefused(unknown[0], "unknown field")
    values = {names[key]: value for key, value in settings.items() if value is not None}
    if values.get("period_type") == "none" and "reset_policy" not in values:
        values["reset_policy"] = "never"
    if values.get("period_type") == "fiscal" and "reset_policy" not in values:
        values["reset_policy"] = "fiscal_year"
    return replace(default, **values)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)
