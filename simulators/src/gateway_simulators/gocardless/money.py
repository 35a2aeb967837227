"""Amounts that callers give, and the conversion that every amount carries."""

from typing import Final

from gateway_simulators.gocardless.errors import invalid
from gateway_simulators.store import Json

_MOST: Final = 2**31 - 1
_DESCRIPTION_MAX: Final = 100
_REFERENCE_MAX: Final = 140


def amount_of(given: Json, place: str = "amount") -> int:
    """Minor units.

    Raises:
        ApiError: no whole number above zero.
    """
    amount = given.get("amount")
    if type(amount) is not int or not 1 <= amount <= _MOST:
        raise invalid(place, "must be greater than 0")
    return amount


def description_of(given: Json, place: str = "description") -> str | None:
    """
    Raises:
        ApiError: no text, or too long a one.
    """
    return _text(given, "description", _DESCRIPTION_MAX, place)


def reference_of(given: Json) -> str | None:
    """
    Raises:
        ApiError: no text, or too long a one.
    """
    return _text(given, "reference", _REFERENCE_MAX, "reference")


def no_conversion(currency: str) -> Json:
    """``fx`` of an amount that stays in its currency."""
    return {"estimated_exchange_rate": None, "exchange_rate": None, "fx_amount": None, "fx_currency": currency}


def _text(given: Json, name: str, most: int, place: str) -> str | None:
    value = given.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > most):
        raise invalid(place, f"must be a text of at most {most} characters")
    return value
