"""Amounts as PayPal writes them, in exact decimals."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Final

from gateway_simulators.paypal.errors import invalid, unprocessable

WHOLE: Final = frozenset({"HUF", "JPY", "TWD"})
_CODES: Final = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD"
CURRENCIES: Final = frozenset(_CODES.split(" "))
_FEE_SHARE: Final = Decimal("0.0299")
_FEE_FIXED: Final = Decimal("0.35")


def read(given: Any, field: str = "amount") -> Decimal:
    """
    Raises:
        ApiError: no positive amount, a currency that PayPal does not take, or too many decimals.
    """
    if not isinstance(given, dict) or not isinstance(given.get("value"), str):
        raise invalid(f"/{field}/value", "A required parameter is missing.", "MISSING_REQUIRED_PARAMETER")
    currency = given.get("currency_code")
    if currency not in CURRENCIES:
        raise unprocessable("CURRENCY_NOT_SUPPORTED", f"{currency} is not supported")
    try:
        value = Decimal(given["value"])
    except InvalidOperation as exc:
        raise invalid(f"/{field}/value", "The value is no number.") from exc
    if not value.is_finite() or value <= 0:
        raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE", "Must be greater than zero.")
    if value != value.quantize(_unit(currency)):
        raise unprocessable("DECIMAL_PRECISION", "The value has too many decimals for its currency.")
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
    """What PayPal keeps."""
    return (value * _FEE_SHARE + _FEE_FIXED).quantize(_unit(currency), ROUND_HALF_UP)


def _unit(currency: str) -> Decimal:
    return Decimal(1) if currency in WHOLE else Decimal("0.01")
