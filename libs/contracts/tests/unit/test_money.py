"""Money never loses a minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.money import AMOUNT_MINOR_MAX, EXPONENTS, CurrencyMismatch, Money, divide_half_up

amounts = st.integers(min_value=-(10**14), max_value=10**14)
amounts |= st.sampled_from([AMOUNT_MINOR_MAX, -AMOUNT_MINOR_MAX, 2**31, 2**31 - 1, 2**53])
currencies = st.sampled_from(sorted(EXPONENTS))
money = st.builds(Money, amounts, currencies)
weights = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(any)


@given(money)
def test_decimal_text_round_trips(value: Money) -> None:
    assert Money.from_decimal_text(value.decimal_text(), value.currency) == value


@given(money, weights)
def test_parts_add_up_and_are_fair(value: Money, parts: list[int]) -> None:
    shares = value.allocate(parts)
    total = sum(parts)

    assert sum(share.amount_minor for share in shares) == value.amount_minor
    for share, weight in zip(shares, parts, strict=True):
        assert abs(share.amount_minor * total - value.amount_minor * weight) < total


@given(amounts, amounts, currencies)
def test_addition_and_subtraction_are_inverse(first: int, second: int, currency: str) -> None:
    left, right = Money(first, currency), Money(second, currency)
    assert left + right - right == left
    negated = -left
    assert -negated == left


def test_currencies_never_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(CurrencyMismatch):
        assert Money(1, "EUR") < Money(2, "USD")


@pytest.mark.parametrize("amount", [1.0, "1", True, None])
def test_only_integers_are_amounts(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "EUR")  # type: ignore[arg-type]


class DriverInteger(int):
    """Type that a database driver returns for an integer that needs 64 bits."""


@given(amounts, currencies)
def test_an_integer_of_a_driver_is_an_amount_like_any_other(amount: int, currency: str) -> None:
    read = Money(DriverInteger(amount), currency)

    assert read == Money(amount, currency)
    assert type(read.amount_minor) is int
    assert type((read * DriverInteger(2)).amount_minor) is int


@pytest.mark.parametrize("text", ["1e30", "1E+999999", "9" * 21, "-", "1.", ".5", "1_000", "\u0663", " 1", "1" * 5000])
def test_only_plain_digits_are_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.from_decimal_text(text, "EUR")


@pytest.mark.parametrize(
    ("text", "currency", "minor"), [("49.00", "EUR", 4900), ("1200", "JPY", 1200), ("1.250", "KWD", 1250)]
)
def test_major_units(text: str, currency: str, minor: int) -> None:
    assert Money.from_decimal_text(text, currency) == Money(minor, currency)
    assert Money(minor, currency).decimal_text() == text


@pytest.mark.parametrize(
    ("text", "currency"), [("0.001", "EUR"), ("1.5", "JPY"), ("x", "EUR"), ("NaN", "EUR"), ("1", "XXX")]
)
def test_fractions_of_a_minor_unit_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"not a"):
        Money.from_decimal_text(text, currency)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_half_up_is_nearest_and_symmetric(numerator: int, denominator: int) -> None:
    rounded = divide_half_up(numerator, denominator)
    assert abs(2 * (numerator - rounded * denominator)) <= denominator
    assert divide_half_up(-numerator, denominator) == -rounded
