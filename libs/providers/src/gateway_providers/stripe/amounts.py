"""Stripe's amount units, and what it charges: currencies, smallest and largest amounts.

From Stripe's page "Supported currencies" (docs.stripe.com/currencies), read on 2026-11-29. Its units are ISO 4217
minor units, with these exceptions.

- Stripe lists MGA as a zero-decimal currency, ISO gives it two decimals.
- ISK and UGX have no decimals in ISO, but Stripe takes them with two (kept for compatibility), which must be 00.
- Three-decimal currencies are sent with three, of which the last must be 0.
- HUF and TWD are charged with two decimals; only payouts must be whole, and we make none.
- STN is not charged: Stripe still names its predecessor STD.
"""

from typing import Final

from gateway_contracts.money import EXPONENTS, Money
from gateway_providers.errors import AmountNotSupported

_ZERO_DECIMALS: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE_DECIMALS: Final = "BHD JOD KWD OMR TND"
_TWO_DECIMALS: Final = """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF
CHF CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES
KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK
PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS
WST XCD XCG YER ZAR ZMW"""
_STRIPE_EXPONENTS: Final = {
    **dict.fromkeys(_ZERO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
}
CURRENCIES: Final = frozenset(_STRIPE_EXPONENTS)
"""What Stripe charges in. One account may take fewer of them, by its country."""

# Smallest charge in Stripe's units. It is that of the currency in which the account settles; we know the charge's.
_FROM_FIFTY: Final = "ARS AUD BRL CAD CHF COP EUR IDR ILS INR JPY KRW NZD PHP RUB SGD USD ZAR"
_LEAST_UNITS: Final = {
    **dict.fromkeys(_FROM_FIFTY.split(), 50),
    **dict.fromkeys(("AED", "MYR", "PLN", "RON"), 200),
    **dict.fromkeys(("MXN", "THB"), 1_000),
    **dict.fromkeys(("NOK", "SEK"), 300),
    **{"CZK": 1_500, "DKK": 250, "GBP": 30, "HKD": 400, "HUF": 17_500},
}
# Digits of the largest charge that every way to pay takes; cards may take more, networks and banks less.
_DIGITS: Final = {"IDR": 12, "COP": 10, "INR": 9}
_DIGITS_OF_OTHERS: Final = 8


def stripe_exponent(currency: str) -> int:
    """Decimal places of the integers that Stripe uses for that currency."""
    return _STRIPE_EXPONENTS[currency] if currency in CURRENCIES else EXPONENTS[currency]


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
    if type(units) is not int or code not in EXPONENTS:
        raise ValueError(f"not an amount: {units!r} {currency!r}")
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


def _smallest(currency: str) -> int:
    """The smallest charge in ISO minor units."""
    whole, rest = _shift(_LEAST_UNITS[currency], EXPONENTS[currency] - stripe_exponent(currency))
    return whole + bool(rest)


def _largest(currency: str) -> int:
    """The largest charge in ISO minor units."""
    units: int = 10 ** _DIGITS.get(currency, _DIGITS_OF_OTHERS) - 1
    return _shift(units, EXPONENTS[currency] - stripe_exponent(currency))[0]


_KNOWN: Final = CURRENCIES & EXPONENTS.keys()
MINIMUM_MINOR: Final = {currency: _smallest(currency) for currency in _KNOWN & _LEAST_UNITS.keys()}
MAXIMUM_MINOR: Final = {currency: _largest(currency) for currency in _KNOWN}
