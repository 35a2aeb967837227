"""Fees, exchanges and fractions in Stripe's balance transactions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.errors import Unreadable
from gateway_contracts.money import EXPONENTS, Money
from gateway_providers.events import Exchange
from gateway_providers.ports import Settlement
from gateway_providers.stripe.balance import settlement_of, source_money


def entry(amount: int, fee: int, currency: str = "eur", **more: Any) -> dict[str, Any]:
    return {"id": "txn_1", "amount": amount, "fee": fee, "net": amount - fee, "currency": currency, **more}


def test_a_fee_in_the_currency_of_the_payment() -> None:
    assert settlement_of(entry(4900, 98), Money(4900, "EUR")) == Settlement(fee=Money(98, "EUR"))


def test_a_payment_in_another_currency_than_the_account() -> None:
    settlement = settlement_of(entry(4410, 91), Money(4900, "USD"))

    assert settlement == Settlement(Money(91, "EUR"), Exchange(Money(4900, "USD"), Money(4410, "EUR")))


def test_money_that_left_has_both_sides_negative() -> None:
    settlement = settlement_of(entry(-1710, 0), Money(1900, "USD"))

    assert settlement.exchange == Exchange(Money(-1900, "USD"), Money(-1710, "EUR"))


def test_a_fraction_of_a_unit_is_rounded_and_reported() -> None:
    """ISK has two decimals at Stripe and none in ISO 4217."""
    settlement = settlement_of(entry(100_000, 1_250, "isk"), None)

    assert settlement == Settlement(fee=Money(13, "ISK"), rounding=Money(-1, "ISK"))


@given(
    amount=st.integers(-(10**9), 10**9),
    fee=st.integers(-(10**6), 10**6),
    currency=st.sampled_from(["eur", "jpy", "kwd", "isk", "ugx", "mga"]),
)
def test_gross_less_fee_less_rounding_is_what_is_kept(amount: int, fee: int, currency: str) -> None:
    settlement = settlement_of(entry(amount, fee, currency), Money(4900, "CHF"))
    code = currency.upper()

    gross = settlement.exchange.come.amount_minor if settlement.exchange else 0
    taken = settlement.fee.amount_minor if settlement.fee else 0
    lost = settlement.rounding.amount_minor if settlement.rounding else 0

    factor = {"isk": 100, "ugx": 100}.get(currency, 1)
    scale = 10 if currency == "mga" else 1
    if currency == "mga":
        assert EXPONENTS[code] == 2
        scale = 100
    exact = (amount - fee) * scale
    assert abs(lost) <= 1
    assert abs((gross - taken - lost) * factor - exact) * 2 <= factor


def test_what_is_not_readable_is_said_so() -> None:
    with pytest.raises(Unreadable):
        settlement_of({"fee": "98", "currency": "eur"}, None)
    with pytest.raises(Unreadable):
        settlement_of(entry(1, 1, "xxx"), None)


def test_the_source_is_read_where_it_was_asked_for() -> None:
    charge = {"id": "ch_1", "amount": 9900, "amount_captured": 4900, "currency": "usd"}

    assert source_money(entry(1, 1, source=charge)) == Money(4900, "USD")
    assert source_money(entry(1, 1, source={"id": "re_1", "amount": 100, "currency": "usd"})) == Money(100, "USD")
    assert source_money(entry(1, 1, source="ch_1")) is None
