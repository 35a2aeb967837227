"""Waterfalls: bars of what took time, one below the other, on one axis. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WIDTH: Final = 1000
"""Units of the axis."""
DEPTH_MAX: Final = 8
"""Deeper steps are not moved further to the side."""
_LEAST: Final = 6
"""Width of what took no time: it has to be seen."""


@dataclass(frozen=True)
class Bar:
    """One bar on the axis, in its units."""

    x: int
    width: int


def bars(spans: Sequence[tuple[datetime, float]], *, is_linear: bool = False) -> list[Bar]:
    """The bars of spans: a beginning, and a duration in milliseconds.

    A payment takes seconds, its refund comes days later: unless the axis is linear, time without a beginning or end is
    shortened to its logarithm. Order and overlapping stay as they are.
    """
    ends = [start + timedelta(milliseconds=duration) for start, duration in spans]
    places = _places(sorted({*(start for start, _ in spans), *ends}), is_linear=is_linear)
    found = []
    for (start, _), end in zip(spans, ends, strict=True):
        x = min(places[start], WIDTH - _LEAST)
        found.append(Bar(x, max(_LEAST, places[end] - x)))
    return found


def _places(moments: Sequence[datetime], *, is_linear: bool) -> dict[datetime, int]:
    total, sums = 0.0, {}
    for number, moment in enumerate(moments):
        gap = (moment - moments[number - 1]) / timedelta(milliseconds=1) if number else 0.0
        total += gap if is_linear else math.log1p(gap)
        sums[moment] = total
    return {moment: round(WIDTH * place / total) if total else 0 for moment, place in sums.items()}
