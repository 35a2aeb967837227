"""Keys that a payment is searched by when a person has only the end of an id, or an amount without its currency.

Other names of a payment (reference, e-mail, invoice number, provider's id) are fields with an index of their own.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from gateway_contracts.currencies import EXPONENTS
from gateway_contracts.ids import OBJECT_ID_CHARACTERS
from gateway_contracts.money import AMOUNT_MINOR_MAX

TAIL_CHARACTERS: Final = 6
"""Ids of one process count up at their end, so that so many characters are enough to find few payments."""
_TAIL: Final = re.compile(rf"[0-9a-f]{{{TAIL_CHARACTERS},{OBJECT_ID_CHARACTERS}}}")
_AMOUNT: Final = re.compile(r"(?:([A-Z]{3}) ?)?([0-9][0-9.,' ]{0,24})(?: ?([A-Z]{3}))?")
_SIGN: Final = re.compile(r"[.,]")
_EXPONENTS: Final = sorted(set(EXPONENTS.values()))
_EXPONENT_DEFAULT: Final = 2
_THOUSANDS_DIGITS: Final = 3


def search_keys(object_id: str, checkout_id: str, amount_minor: int, currency: str) -> tuple[str, ...]:
    """The keys that are stored with a payment; `SEARCH_KEYS` is the same for MongoDB."""
    return (
        object_id[-TAIL_CHARACTERS:],
        checkout_id[-TAIL_CHARACTERS:],
        _amount_key(amount_minor, EXPONENTS.get(currency, _EXPONENT_DEFAULT)),
    )


def _amount_key(amount_minor: int, exponent: int) -> str:
    return f"{amount_minor}/{exponent}"


def _tail_of(field: str) -> dict[str, Any]:
    return {"$substrCP": [field, OBJECT_ID_CHARACTERS - TAIL_CHARACTERS, TAIL_CHARACTERS]}


def _places_of_currency() -> dict[str, Any]:
    branches = [
        {
            "case": {"$in": ["$currency", [code for code, exponent in EXPONENTS.items() if exponent == places]]},
            "then": str(places),
        }
        for places in _EXPONENTS
        if places != _EXPONENT_DEFAULT
    ]
    return {"$switch": {"branches": branches, "default": str(_EXPONENT_DEFAULT)}}


SEARCH_KEYS: Final[list[dict[str, Any]]] = [
    _tail_of("$_id"),
    _tail_of("$checkout_id"),
    {"$concat": [{"$toString": "$amount"}, "/", _places_of_currency()]},
]
"""The expression that gives the keys of a stored payment."""


def id_tail(text: str) -> str | None:
    """The last part of an id, in the case in which ids are stored; None if the text cannot be one."""
    return text.lower() if _TAIL.fullmatch(text.lower()) else None


def amount_keys(text: str) -> tuple[tuple[str, ...], str | None]:
    """Keys of the amounts that a person may mean by a text in major units, and the currency if it names one.

    Both decimal signs are read, also with signs between the thousands: ``1.234,50`` is ``1,234.50``, and ``1.234`` may
    be either.
    """
    found = _AMOUNT.fullmatch(text.upper())
    if found is None:
        return (), None
    before, digits, after = found.groups()
    currency = before or after
    if currency is not None and currency not in EXPONENTS:
        return (), None
    places = _EXPONENTS if currency is None else [EXPONENTS[currency]]
    numbers = set(_numbers(digits.replace(" ", "").replace("'", "")))
    keys = (
        _amount_key(int(minor), place) for number in numbers for place in places if (minor := _minor(number, place))
    )
    return tuple(sorted(keys)), currency


def _minor(number: Decimal, places: int) -> Decimal | None:
    minor = number.scaleb(places)
    return minor if minor == minor.to_integral_value() and 0 < minor <= AMOUNT_MINOR_MAX else None


def _numbers(digits: str) -> Iterator[Decimal]:
    """Readings of the digits: all signs stand between thousands, or the last one before the decimals."""
    parts, signs = _SIGN.split(digits), _SIGN.findall(digits)
    if not all(parts):
        return
    if not signs:
        yield Decimal(digits)
    elif len(set(signs)) == 1 and _are_thousands(parts[1:]):
        yield Decimal("".join(parts))
    if signs and signs[-1] not in signs[:-1] and len(set(signs)) == min(len(signs), 2) and _are_thousands(parts[1:-1]):
        yield Decimal(f"{''.join(parts[:-1])}.{parts[-1]}")


def _are_thousands(parts: Sequence[str]) -> bool:
    return all(len(part) == _THOUSANDS_DIGITS for part in parts)
