"""Amounts as PayPal writes them, in exact decimals."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from gateway_simulators.paypal.errors import invalid, unprocessable

WHOLE: Final = frozenset({"HUF", "JPY", "TWD"})
_CODES: Final = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD"
CURRENCIES: Final = frozenset(_CODES.split(" "))
_NUMBER: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")
_TEXT_MAX: Final = 32
_MOST: Final = Decimal("9999999.99")
_FEE_SHARE: Final = Decimal("0.0299")
_FEE_FIXED: Final = Decimal("0.35")


def read(given: Any, field: str = "/amount", *, zero: bool = False) -> Decimal:
    """
    Args:
        field: where it stands in the body.
        zero: whether nothing is an amount too, as for parts of a sum.

    Raises:
        ApiError: no positive amount, a currency that PayPal does not take, or too many decimals.
    """
    text, currency = _texts(given, field)
    if currency not in CURRENCIES:
        raise unprocessable("CURRENCY_NOT_SUPPORTED", "Currency code is not currently supported.", field)
    value = Decimal(text)
    if value < 0 or (value == 0 and not zero):
        issue = "CANNOT_BE_NEGATIVE" if zero else "CANNOT_BE_ZERO_OR_NEGATIVE"
        raise unprocessable(issue, "Must be greater than zero.", f"{field}/value")
    if value > _MOST:
        raise unprocessable("MAX_VALUE_EXCEEDED", f"Should be less than or equal to {_MOST}.", f"{field}/value")
    if value != value.quantize(_unit(currency)):
        issue = "DECIMALS_NOT_SUPPORTED" if currency in WHOLE else "DECIMAL_PRECISION"
        raise unprocessable(issue, "The value has too many decimals for its currency.", f"{field}/value")
    return value


def write(value: Decimal, currency: str) -> dict[str, str]:
    """As PayPal shows it."""
    return {"currency_code": currency, "value": str(value.quantize(_unit(currency), ROUND_HALF_UP))}


def of_minor(units: int, currency: str) -> Decimal:
    """An amount of minor units."""
    return Decimal(units) * _unit(currency)


def minor(value: Decimal, currency: str) -> int:
    """In minor units."""
    return int(value / _unit(currency))


def fee_of(value: Decimal, currency: str) -> Decimal:
    """PayPal's fee."""
    return (value * _FEE_SHARE + _FEE_FIXED).quantize(_unit(currency), ROUND_HALF_UP)


def _unit(currency: str) -> Decimal:
    return Decimal(1) if currency in WHOLE else Decimal("0.01")


def _texts(given: Any, field: str) -> tuple[str, str]:
    if not isinstance(given, dict):
        raise invalid(field, "A required field / parameter is missing.", "MISSING_REQUIRED_PARAMETER")
    for name in ("currency_code", "value"):
        if given.get(name) is None:
            raise invalid(f"{field}/{name}", "A required field / parameter is missing.", "MISSING_REQUIRED_PARAMETER")
        if not isinstance(given[name], str):
            raise invalid(f"{field}/{name}", "The value of a field is not a text.", "INVALID_PARAMETER_SYNTAX")
    if len(given["value"]) > _TEXT_MAX or not _NUMBER.fullmatch(given["value"]):
        raise invalid(f"{field}/value", "The value of a field is no number.", "INVALID_PARAMETER_SYNTAX")
    return given["value"], given["currency_code"]
