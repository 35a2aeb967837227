"""Durations in words."""

from typing import Final

_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))
_EXACT_MS: Final = 10_000


def duration_text(milliseconds: int, *, decimal_sign: str = ".") -> str:
    """A duration in its two largest units: ``12 ms``, ``1.4 s``, ``1 min 15 s``, ``3 d``."""
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    if milliseconds < _EXACT_MS:
        return f"{milliseconds / 1_000:.1f} s".replace(".0", "").replace(".", decimal_sign)
    parts: list[str] = []
    for size, unit in _UNITS:
        count, milliseconds = divmod(milliseconds, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(parts[:2]).strip()
