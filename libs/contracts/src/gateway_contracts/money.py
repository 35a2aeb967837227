"""Money: an integer of minor units and an ISO 4217 currency. No floats, no division without a named rounding."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final

from gateway_contracts.currencies import EXPONENTS as EXPONENTS  # part of this module as well

# BSON and JavaScript both hold this exactly; no payment comes near it. Sums of some ten thousand of them still fit.
AMOUNT_MINOR_MAX: Final = 99_999_999_999_999
_DIGITS_MAX: Final = 50
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")


def plain_integer(value: object) -> int:
    """The one rule for what counts as an integer of money: any ``int``, subclasses of drivers included, never a flag.

    MongoDB's driver returns integers of 2^31 and more as a subclass of ``int``.

    Raises:
        TypeError: not an integer.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("amounts are integers of minor units")
    return int(value)


def is_amount(value: object) -> bool:
    """Whether it is an integer that an amount may have, of either sign."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= AMOUNT_MINOR_MAX


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were combined."""


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units of one currency. May be negative (a correction, a discount).

    ``amount_minor`` is always a plain ``int``, whatever integer type a database driver returned.
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount_minor", plain_integer(self.amount_minor))
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be combined")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def __mul__(self, factor: int) -> "Money":
        return Money(self.amount_minor * plain_integer(factor), self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount_minor < other.amount_minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount_minor <= other.amount_minor

    @property
    def exponent(self) -> int:
        """Decimal places of the currency's minor unit."""
        return EXPONENTS[self.currency]

    def decimal_text(self) -> str:
        """The amount in major units with the currency's decimals: ``49.00``, ``1200``, ``1.250``."""
        return f"{Decimal(self.amount_minor).scaleb(-self.exponent):.{self.exponent}f}"

    @classmethod
    def from_decimal_text(cls, text: str, currency: str) -> "Money":
        """Read an amount in major units; refuses more decimals than the currency has.

        Raises:
            ValueError: not plain digits (at most 20) with at most one point, or a fraction of a minor unit.
        """
        # No exponents: 1e999999 is a short text and a number that fills the memory.
        if currency not in EXPONENTS or not _DECIMAL.fullmatch(text):
            raise ValueError(f"not an amount of {currency}")
        with localcontext(prec=_DIGITS_MAX):
            scaled = Decimal(text).scaleb(EXPONENTS[currency])
        if scaled != scaled.to_integral_value():
            raise ValueError(f"not a whole number of minor units of {currency}")
        return cls(int(scaled), currency)

    def allocate(self, weights: Sequence[int]) -> list["Money"]:
        """Split by weights so that the parts add up exactly (largest remainder; ties go to the earlier part).

        Raises:
            ValueError: no weights, a negative one, or all zero.
        """
        total = sum(weights)
        if not weights or total <= 0 or min(weights) < 0:
            raise ValueError("weights must be non-negative and not all zero")
        sign = -1 if self.amount_minor < 0 else 1
        shares = [divmod(abs(self.amount_minor) * weight, total) for weight in weights]
        left = abs(self.amount_minor) - sum(whole for whole, _ in shares)
        by_remainder = sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))
        extra = set(by_remainder[:left])
        return [
            Money(sign * (whole + (1 if index in extra else 0)), self.currency)
            for index, (whole, _) in enumerate(shares)
        ]


def divide_half_up(numerator: int, denominator: int) -> int:
    """Integer division rounded half away from zero, the commercial rounding of tax amounts.

    Raises:
        ValueError: the denominator is not positive.
    """
    if denominator <= 0:
        raise ValueError("denominator must be positive")
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))
