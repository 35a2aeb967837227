"""PayPal's amounts: decimal text. Three currencies must be whole there, two of which have decimals in ISO 4217.

The currencies are those of PayPal's page "Currency codes" (developer.paypal.com/reference/currency-codes), read on
2026-11-29. BRL, CNY and MYR are for accounts of their own country only; PayPal refuses or converts them elsewhere.
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.money import Money
from gateway_providers.bounds import money_of_text
from gateway_providers.errors import AmountNotSupported

_CODES: Final = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD"
CURRENCIES: Final = frozenset(_CODES.split(" "))
WHOLE: Final = frozenset({"HUF", "JPY", "TWD"})


def to_paypal(amount: Money) -> dict[str, str]:
    """The amount as PayPal writes it.

    Raises:
        AmountNotSupported: a fraction of a currency that PayPal takes whole.
    """
    text = amount.decimal_text()
    if amount.currency in WHOLE and amount.exponent:
        text, _, decimals = text.partition(".")
        if decimals.strip("0"):
            raise AmountNotSupported(f"PayPal takes {amount.currency} in whole units only")
    return {"currency_code": amount.currency, "value": text}


def from_paypal(written: Any) -> Money:
    """Money from PayPal's object.

    Raises:
        ValueError: no amount, a currency that we do not know, or a fraction of its minor unit.
    """
    if not isinstance(written, Mapping):
        raise ValueError("not an amount")
    text, currency = written.get("value"), written.get("currency_code")
    if not isinstance(text, str) or not isinstance(currency, str):
        raise ValueError("not an amount")
    if currency in WHOLE and "." in text:
        text = _without_zeros(text)
    return money_of_text(text, currency)


def is_expressible(amount: Money) -> bool:
    """Whether PayPal can express the amount."""
    try:
        to_paypal(amount)
    except AmountNotSupported:
        return False
    return True


def _without_zeros(text: str) -> str:
    whole, _, decimals = text.partition(".")
    return text if decimals.strip("0") else whole
