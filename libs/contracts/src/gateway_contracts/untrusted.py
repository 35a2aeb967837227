"""Numbers and times that come from outside, read once and bounded before anything is computed with them.

A header or field from outside may hold any text: four hundred digits, ``NaN``, the year 9999 with an offset that
leads out of the calendar. Each reader here returns a value inside its bounds, or says that there is none; no other
exception leaves it.
"""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

MOMENT_FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Times before this are no times of a payment."""
MOMENT_LAST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""Times after this are no times of a payment. Offsets and differences stay inside the calendar up to here."""

# Longer texts are no number of seconds and no date.
_TEXT_MAX: Final = 64
# What conversion and calendar arithmetic raise for values that do not fit.
_NO_VALUE: Final = (ValueError, TypeError, OverflowError, OSError, IndexError)


def seconds_from_header(text: str | None, *, now: datetime, at_most: float) -> float | None:
    """The delay that a header such as ``Retry-After`` asks for: 0 to ``at_most`` seconds; None where it names none.

    Both forms of RFC 9110 are read: whole seconds, and a date, which is compared with ``now``. A date in the past is
    0, a larger delay is ``at_most``.
    """
    if text is None or not (text := text.strip()) or len(text) > _TEXT_MAX:
        return None
    if text.isascii() and text.isdigit():
        return bounded_seconds(int(text), at_most=at_most)
    try:
        moment = parsedate_to_datetime(text)
        return bounded_seconds((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds(), at_most=at_most)
    except _NO_VALUE:
        return None


def bounded_seconds(value: Any, *, at_most: float) -> float | None:
    """A number of seconds from JSON of another party, cut to 0 … ``at_most``; None if it is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    # Compared before it is converted: an integer of 400 digits has no float.
    return float(max(0, min(value, at_most)))


def moment_from(value: Any, *, needs_offset: bool = False) -> datetime:
    """A moment in UTC, of ISO 8601 text (UTC where it names no offset) or of whole Unix seconds.

    Raises:
        ValueError: it is none, lies outside `MOMENT_FIRST` … `MOMENT_LAST`, or ``needs_offset`` and names none.
    """
    try:
        moment = _read_moment(value, needs_offset=needs_offset)
    except _NO_VALUE as exc:
        raise ValueError("not a moment") from exc
    if not MOMENT_FIRST <= moment <= MOMENT_LAST:
        raise ValueError("a moment out of range")
    return moment


def _read_moment(value: Any, *, needs_offset: bool) -> datetime:
    if type(value) is int:
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str) or len(value) > _TEXT_MAX:
        raise ValueError("neither text nor seconds")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None and needs_offset:
        raise ValueError("no offset")
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
