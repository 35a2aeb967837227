"""How a customer paid, from what a provider says. What is odd is left out, not refused: no money depends on it."""

import re
from typing import Final

from gateway_contracts.events.transaction import PaymentMethod

_WORD: Final = re.compile(r"[A-Za-z0-9_ -]{1,40}")
_LAST4: Final = re.compile(r"[A-Za-z0-9]{4}")


def method_from(kind: object, *, brand: object = None, last4: object = None) -> PaymentMethod | None:
    """The method, with the parts that are usable; None without a usable kind."""
    known = _matching(_WORD, kind)
    if known is None:
        return None
    label = _matching(_WORD, brand)
    return PaymentMethod(type=known.lower(), brand=label and label.lower(), last4=_matching(_LAST4, last4))


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
