"""Stripe's amount units. They are ISO 4217 minor units, with these exceptions.

- Stripe lists MGA as a zero-decimal currency, ISO gives it two decimals.
- ISK and UGX have no decimals in ISO, but Stripe takes them with two (kept for compatibility), which must be 00.
- Three-decimal currencies are sent with three, of which the last must be 0.
"""

from typing import Final

from gateway_contracts.money import EXPONENTS, Money, is_amount
from gateway_providers.errors import AmountNotSupported

_STRIPE_EXPONENTS: Final = {"MGA": 0, "ISK": 2, "UGX": 2}

# Smallest charge per currency, in ISO minor units, from Stripe's list; other currencies are refused by Stripe itself.
_MINIMUM_MAJOR: Final = {
    **dict.fromkeys(["AUD", "BRL", "CAD", "CHF", "EUR", "INR", "NZD", "SGD", "USD"], "0.50"),
    "AED": "2.00",
    "BGN": "1.00",
    "CZK": "15.00",
    "DKK": "2.50",
    "GBP": "0.30",
    "HKD": "4.00",
    "HUF": "175.00",
    "JPY": "50",
    "MXN": "10.00",
    "MYR": "2.00",
    "NOK": "3.00",
    "PLN": "2.00",
    "RON": "2.00",
    "SEK": "3.00",
    "THB": "10.00",
}
MINIMUM_MINOR: Final = {code: Money.from_decimal_text(text, code).amount_minor for code, text in _MINIMUM_MAJOR.items()}

_UNITS_MAX: Final = 99_999_999


def stripe_exponent(currency: str) -> int:
    """Decimal places of the integers that Stripe uses for that currency."""
    return _STRIPE_EXPONENTS.get(currency, EXPONENTS[currency])


def _shift(units: int, places: int) -> tuple[int, int]:
    """The units moved by decimal places, and what falls off at the right."""
    factor: int = 10 ** abs(places)
    return (units * factor, 0) if places >= 0 else divmod(units, factor)


def to_stripe(amount: Money) -> int:
    """The amount in Stripe's unit.

    Raises:
        AmountNotSupported: Stripe cannot express it (a fraction that it does not take).
    """
    units, rest = _shift(amount.amount_minor, stripe_exponent(amount.currency) - amount.exponent)
    if rest:
        raise AmountNotSupported(f"Stripe takes {amount.currency} in whole units only")
    if amount.exponent == 3 and units % 10:
        raise AmountNotSupported(f"Stripe takes {amount.currency} with two decimals; the third must be 0")
    return units


def from_stripe(units: int, currency: str) -> Money:
    """Money from Stripe's unit; ``currency`` as Stripe writes it, in lower case.

    Raises:
        ValueError: not an integer, a currency that we do not know, or a fraction of its ISO minor unit.
    """
    code = currency.upper()
    if not is_amount(units) or code not in EXPONENTS:
        raise ValueError("not an amount in a currency that we know")
    whole, rest = _shift(units, EXPONENTS[code] - stripe_exponent(code))
    if rest:
        raise ValueError(f"{units} is no whole number of minor units of {code}")
    return Money(whole, code)


def is_expressible(amount: Money) -> bool:
    """Whether Stripe can express the amount."""
    try:
        to_stripe(amount)
    except AmountNotSupported:
        return False
    return True


# The interface documents eight digits for every currency; a bank's own limit may be lower.
MAXIMUM_MINOR: Final = {code: _shift(_UNITS_MAX, EXPONENTS[code] - stripe_exponent(code))[0] for code in EXPONENTS}
