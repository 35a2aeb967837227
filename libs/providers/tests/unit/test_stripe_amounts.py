"""Stripe's units."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway_contracts.money import EXPONENTS, Money
from gateway_providers.errors import AmountNotSupported
from gateway_providers.stripe.amounts import CURRENCIES, MAXIMUM_MINOR, from_stripe, is_expressible, to_stripe
from gateway_providers.stripe.client import StripeConnector

ZERO_DECIMALS = [
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "JPY",
    "KMF",
    "KRW",
    "MGA",
    "PYG",
    "RWF",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
]


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [
        ("10.99", "EUR", 1099),
        ("0.50", "USD", 50),
        ("500", "JPY", 500),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("1.250", "KWD", 1250),
        ("7.00", "MGA", 7),
        ("12.34", "HUF", 1234),
    ],
)
def test_known_amounts(text: str, currency: str, units: int) -> None:
    amount = Money.from_decimal_text(text, currency)

    assert to_stripe(amount) == units
    assert from_stripe(units, currency.lower()) == amount


@pytest.mark.parametrize("currency", ZERO_DECIMALS)
def test_zero_decimal_currencies_are_sent_whole(currency: str) -> None:
    assert to_stripe(Money.from_decimal_text("1234", currency)) == 1234


@pytest.mark.parametrize(("minor", "currency"), [(1251, "KWD"), (1, "BHD"), (750, "MGA"), (1, "MGA")])
def test_what_stripe_cannot_express_is_refused(minor: int, currency: str) -> None:
    with pytest.raises(AmountNotSupported):
        to_stripe(Money(minor, currency))


@pytest.mark.parametrize(("units", "currency"), [(550, "isk"), (1, "ugx"), (10, "usdc"), (True, "eur"), (1.5, "eur")])
def test_what_is_no_amount_is_refused(units: int, currency: str) -> None:
    with pytest.raises(ValueError, match=r"minor|amount"):
        from_stripe(units, currency)


@given(minor=st.integers(0, 10**12), currency=st.sampled_from(sorted(EXPONENTS)))
def test_to_stripe_and_back_is_the_same(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assume(is_expressible(amount))

    assert from_stripe(to_stripe(amount), currency.lower()) == amount


@pytest.mark.parametrize(
    ("minor", "currency", "offered"),
    [
        (49, "EUR", False),
        (50, "EUR", True),
        (49, "JPY", False),
        (50, "JPY", True),
        (0, "AED", False),
        (99_999_999, "EUR", True),
        (100_000_000, "EUR", False),
        (1001, "KWD", False),
        (999_999_999_999, "IDR", True),
        (1_000_000_000_000, "IDR", False),
        (9_999_999_999, "COP", True),
        (10_000_000_000, "COP", False),
        (999_999_999, "INR", True),
        (1_000_000_000, "INR", False),
        (99_999_999, "JPY", True),
        (100_000_000, "JPY", False),
        (999_999, "ISK", True),
        (1_000_000, "ISK", False),
        (1, "UGX", True),
        (99_999_999, "KWD", False),
        (99_999_990, "KWD", True),
        (99_999_999 * 100, "MGA", True),
        (99_999_999 * 100 + 100, "MGA", False),
        (49, "KRW", False),
        (50, "KRW", True),
        (49, "IDR", False),
        (17_499, "HUF", False),
        (1_234_567, "HUF", True),
        (1_234_567, "TWD", True),
        (500_000, "IQD", False),
        (500_000, "STN", False),
        (500_000, "CUP", False),
        (500_000, "VES", False),
        (500_000, "LYD", False),
    ],
)
def test_what_is_offered(minor: int, currency: str, offered: bool) -> None:
    assert StripeConnector().capabilities.offers(Money(minor, currency)) is offered


def test_only_what_stripe_charges_in_is_offered() -> None:
    """Amounts that every currency's bounds allow: the currency alone decides."""
    offers = StripeConnector().capabilities.offers
    offered = {code for code in EXPONENTS if offers(Money(90_000 * 10 ** EXPONENTS[code], code))}

    assert offered == CURRENCIES & EXPONENTS.keys()


def test_the_table_of_digits_is_stripes() -> None:
    digits = {
        code: len(str(to_stripe(Money(most, code))))
        for code, most in MAXIMUM_MINOR.items()
        if is_expressible(Money(most, code))
    }

    assert {code: count for code, count in digits.items() if count != 8} == {"IDR": 12, "COP": 10, "INR": 9}
