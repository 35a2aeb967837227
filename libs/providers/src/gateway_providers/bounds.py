"""Limits of a provider's numbers, dates and texts. Nothing else becomes a fact or an answer: the database could not
hold it, or arithmetic on it would fail later, where it harms others.

Identifiers are refused, never cut: a part of one names something else. Words (`words.word`) are cut.
"""

import re
from datetime import datetime
from typing import Final

from gateway_contracts.money import AMOUNT_MINOR_MAX, EXPONENTS, Money
from gateway_contracts.untrusted import MOMENT_FIRST, MOMENT_LAST
from gateway_providers.errors import OutOfRange

TEXT_MAX: Final = 255
URL_MAX: Final = 4096
FACTS_MAX: Final = 100
"""Facts of one event. A dispute repeats a few entries of its balance; more than this is no event of a provider."""

# Digits alone: an exponent would make a number of a million digits out of ten characters.
_DECIMAL: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


def check_money(money: Money | None, what: str) -> None:
    """
    Raises:
        OutOfRange: more than an amount can be, in either direction.
    """
    if money is not None and abs(money.amount_minor) > AMOUNT_MINOR_MAX:
        raise OutOfRange(f"{what} is out of range")


def check_text(text: str | None, what: str, *, longest: int = TEXT_MAX) -> None:
    """
    Raises:
        OutOfRange: no text, an empty one, a long one, or one with characters that cannot be printed or stored.
    """
    if text is None:
        return
    if not isinstance(text, str) or not 0 < len(text) <= longest or not text.isprintable():
        raise OutOfRange(f"{what} is no usable text")


def check_moment(moment: datetime, what: str) -> None:
    """
    Raises:
        OutOfRange: no time of a payment.
    """
    if not MOMENT_FIRST <= moment <= MOMENT_LAST:
        raise OutOfRange(f"{what} is out of range")


def money_of_text(text: object, currency: object) -> Money:
    """An amount in major units, such as ``10.00``.

    Raises:
        ValueError: not written in plain digits, a currency that we do not know, or a fraction of its minor unit.
    """
    if not isinstance(text, str) or not isinstance(currency, str) or currency not in EXPONENTS:
        raise ValueError("not an amount")
    if not _DECIMAL.fullmatch(text):
        raise ValueError("not an amount in plain digits")
    return Money.from_decimal_text(text, currency)
