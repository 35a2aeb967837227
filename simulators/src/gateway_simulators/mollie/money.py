"""Amounts as Mollie writes them: ``{"currency": "EUR", "value": "10.00"}``."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from gateway_simulators.mollie.errors import unprocessable
from gateway_simulators.rules import Rules
from gateway_simulators.store import Json

_EUROPE: Final = "CHF CZK DKK EUR GBP HUF ISK NOK PLN RON RUB SEK"
_ELSEWHERE: Final = "AED AUD BRL CAD HKD ILS JPY MXN MYR NZD PHP SGD THB TWD USD ZAR"
CURRENCIES: Final = frozenset(f"{_EUROPE} {_ELSEWHERE}".split(" "))
"""What Mollie documents as currencies of payments."""

_ZERO_DECIMALS: Final = frozenset({"ISK", "JPY"})


def decimals(currency: str) -> int:
    """Decimal places of a currency."""
    return 0 if currency in _ZERO_DECIMALS else 2


def amount(currency: str, value: Decimal) -> Json:
    """The value with exactly the currency's decimals."""
    return {"currency": currency, "value": f"{value:.{decimals(currency)}f}"}


def minor(currency: str, units: int) -> Json:
    """An amount of minor units."""
    return amount(currency, Decimal(units).scaleb(-decimals(currency)))


def minor_of(given: Json) -> int:
    """The minor units of an amount that was checked before."""
    return int(value_of(given).scaleb(decimals(given["currency"])))


def value_of(given: Json) -> Decimal:
    """The number of an amount that was checked before."""
    return Decimal(given["value"])


def settled(rules: Rules, account: str, given: Json, *, sign: int = 1) -> Json:
    """The amount in the payout currency of the account; negative for money that leaves."""
    value, currency = value_of(given) * sign, given["currency"]
    settlement = rules.settlement(account, currency)
    if settlement is not None:
        currency, rate = settlement
        value = (value * rate).quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)
    return amount(currency, value)


def checked(given: Any, field: str = "amount", *, signed: bool = False) -> Json:
    """An amount that a caller gave.

    Raises:
        ApiError: it is missing, not positive (unless ``signed``), has other decimals than the currency, or a currency
            that Mollie does not take.
    """
    if not isinstance(given, dict):
        raise unprocessable("The amount is required for payments", field)
    currency, value = given.get("currency"), given.get("value")
    if not isinstance(currency, str) or currency not in CURRENCIES:
        raise unprocessable(f"The currency '{currency}' is invalid or not supported", f"{field}.currency")
    places = decimals(currency)
    pattern = ("-?" if signed else "") + r"[0-9]{1,12}" + (rf"\.[0-9]{{{places}}}" if places else "")
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise unprocessable(f"The amount must have {places} decimals in {currency}, as a string", f"{field}.value")
    if not signed and Decimal(value) <= 0:
        raise unprocessable("The amount is lower than the minimum", field)
    return {"currency": currency, "value": value}
