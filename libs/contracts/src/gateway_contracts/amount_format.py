"""How a shop writes amounts: as minor units, or as hundredths of the currency whatever its decimals are (ADR 0039).

Stored money, events and every calculation are minor units. Only the bodies of both public APIs speak the shop's format.
"""

from typing import Final, Literal

from gateway_contracts.money import EXPONENTS, divide_half_up

AmountFormat = Literal["minor", "hundredths"]
_DECIMALS: Final = 2


class InexactAmount(ValueError):
    """Hundredths that are no whole number of the currency's minor units."""


def to_minor(amount: int, currency: str, amount_format: AmountFormat) -> int:
    """The amount in minor units: ``100000`` hundredths of JPY are ``1000``, ``1000`` hundredths of KWD are ``10000``.

    Raises:
        InexactAmount: the currency has no unit that small.
    """
    if amount_format == "minor":
        return amount
    factor, divisor = _ratio(currency)
    if amount % divisor:
        raise InexactAmount(f"{amount} hundredths are no whole number of minor units of {currency}")
    return amount // divisor * factor


def from_minor(amount: int, currency: str, amount_format: AmountFormat) -> int:
    """The amount as the shop writes it. Hundredths of a currency with three decimals are rounded half up."""
    if amount_format == "minor":
        return amount
    factor, divisor = _ratio(currency)
    return divide_half_up(amount * divisor, factor)


def _ratio(currency: str) -> tuple[int, int]:
    """Minor units per hundredth, and hundredths per minor unit; one of them is 1."""
    places = EXPONENTS[currency] - _DECIMALS
    return 10 ** max(places, 0), 10 ** max(-places, 0)
