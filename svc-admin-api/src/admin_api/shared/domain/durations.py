"""Durations in words."""

from typing import Final

_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))
_EXACT: Final = 10


def duration_text(milliseconds: float, *, decimal_sign: str = ".") -> str:
    """A duration in its two largest units: ``0.4 ms``, ``12 ms``, ``1.4 s``, ``1 min 15 s``, ``3 d``."""
    if milliseconds < 1_000:
        return f"{_short(milliseconds)} ms".replace(".", decimal_sign)
    if milliseconds < _EXACT * 1_000:
        return f"{_short(milliseconds / 1_000)} s".replace(".", decimal_sign)
    parts: list[str] = []
    rest = int(milliseconds)
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(parts[:2]).strip()


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0") if value < _EXACT else f"{value:.0f}"
