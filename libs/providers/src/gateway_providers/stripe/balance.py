"""Stripe's balance transactions: the fee of a movement, and what it became in the currency of the balance."""

from collections.abc import Mapping
from typing import Any

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import EXPONENTS, Money
from gateway_providers.events import Exchange
from gateway_providers.ports import Settlement
from gateway_providers.stripe.amounts import stripe_exponent
from gateway_providers.stripe.mapping import money_of

_PLUS, _MINUS = 1, -1


def settlement_of(entry: Mapping[str, Any], moved: Money | None) -> Settlement:
    """Settlement of ``moved`` by one balance transaction.

    ``moved`` is the amount in the payment's currency and never negative.

    Raises:
        Unreadable: it lacks an amount in a currency that we know.
    """
    fee = _rounded(entry, "fee")
    if "amount" not in entry:
        return Settlement(fee=fee if fee.amount_minor else None)
    gross, net = _rounded(entry, "amount"), _rounded(entry, "net")
    lost = gross - fee - net
    exchange = None
    if moved is not None and moved.currency != gross.currency and gross.amount_minor and moved.amount_minor:
        sign = _PLUS if gross.amount_minor > 0 else _MINUS
        exchange = Exchange(Money(sign * abs(moved.amount_minor), moved.currency), gross)
    return Settlement(
        fee=fee if fee.amount_minor else None, exchange=exchange, rounding=lost if lost.amount_minor else None
    )


def source_money(entry: Mapping[str, Any]) -> Money | None:
    """The amount of the charge, refund or dispute behind it, where it was asked for; None where it is only named."""
    source = entry.get("source")
    if not isinstance(source, Mapping):
        return None
    return money_of(source, "amount_captured" if "amount_captured" in source else "amount")


def _rounded(entry: Mapping[str, Any], name: str) -> Money:
    """Stripe has decimals for two currencies that have none in ISO 4217: rounded half away from zero."""
    units, code = entry.get(name), str(entry.get("currency") or "").upper()
    if type(units) is not int or code not in EXPONENTS:
        raise Unreadable(f"Stripe answered a balance transaction without a readable {name}")
    places = stripe_exponent(code) - EXPONENTS[code]
    if places <= 0:
        return Money(units * 10**-places, code)
    whole, rest = divmod(abs(units), 10**places)
    whole += 2 * rest >= 10**places
    return Money(whole if units >= 0 else -whole, code)
