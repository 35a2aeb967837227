"""Mollie's amounts: ``{"currency": "EUR", "value": "10.00"}``, with exactly the currency's decimals."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money

_EUROPE: Final = "BGN CHF CZK DKK EUR GBP HUF ISK NOK PLN RON RUB SEK"
_ELSEWHERE: Final = "AED AUD BRL CAD HKD ILS JPY MXN MYR NZD PHP SGD THB TWD USD ZAR"
CURRENCIES: Final = frozenset(f"{_EUROPE} {_ELSEWHERE}".split(" "))


def to_mollie(amount: Money) -> dict[str, str]:
    """The amount as Mollie writes it."""
    return {"currency": amount.currency, "value": amount.decimal_text()}


def from_mollie(item: Mapping[str, Any], field: str) -> Money:
    """An amount of the object.

    Raises:
        Unreadable: the field is missing, or not an amount in a currency that we know.
    """
    value = item.get(field)
    if not isinstance(value, Mapping):
        raise Unreadable(f"Mollie object without {field}")
    text, currency = value.get("value"), value.get("currency")
    if not isinstance(text, str) or not isinstance(currency, str):
        raise Unreadable(f"Mollie object without a readable {field}")
    try:
        return Money.from_decimal_text(text, currency)
    except (KeyError, ValueError, ArithmeticError) as exc:
        raise Unreadable(f"Mollie object without a readable {field}") from exc
