"""Mollie's amounts: ``{"currency": "EUR", "value": "10.00"}``, with exactly the currency's decimals.

The currencies are those of Mollie's page "Multicurrency" (docs.mollie.com/docs/multicurrency, of 2026-07-29), read on
2026-11-29. Its decimals are those of ISO 4217, also for HUF and TWD (Mollie rounds them where it passes a payment on to
PayPal). BGN went with the lev at the end of 2025. Which of them an account takes depends on its ways to pay.
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import Money
from gateway_providers.bounds import money_of_text

_EUROPE: Final = "CHF CZK DKK EUR GBP HUF ISK NOK PLN RON RUB SEK"
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
    try:
        return money_of_text(value.get("value"), value.get("currency"))
    except ValueError as exc:
        raise Unreadable(f"Mollie object without a readable {field}") from exc
