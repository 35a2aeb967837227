"""Amounts as shops write them become minor units exactly, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.amount_format import InexactAmount, from_minor, to_minor
from gateway_contracts.config import SiteConfig
from gateway_contracts.money import EXPONENTS

amounts = st.integers(min_value=-(10**14), max_value=10**14)
currencies = st.sampled_from(sorted(EXPONENTS))

WRITTEN = [
    ("JPY", 100_000, 1_000),
    ("UGX", 5_000_000, 50_000),
    ("ISK", 199_900, 1_999),
    ("KRW", 100, 1),
    ("EUR", 4_900, 4_900),
    ("HUF", 4_995, 4_995),
    ("KWD", 1_050, 10_500),
    ("TND", 1, 10),
    ("JPY", -50_000, -500),
]


@pytest.mark.parametrize(("currency", "written", "minor"), WRITTEN)
def test_hundredths_are_read_and_written_by_the_decimals_of_the_currency(
    currency: str, written: int, minor: int
) -> None:
    assert to_minor(written, currency, "hundredths") == minor
    assert from_minor(minor, currency, "hundredths") == written


@pytest.mark.parametrize(("currency", "written"), [("JPY", 1_050), ("UGX", 1), ("ISK", 199_950), ("JPY", -99)])
def test_a_part_of_the_smallest_unit_is_refused(currency: str, written: int) -> None:
    with pytest.raises(InexactAmount):
        to_minor(written, currency, "hundredths")


@pytest.mark.parametrize(("minor", "written"), [(1_234, 123), (1_235, 124), (-1_235, -124)])
def test_thousandths_are_written_as_the_nearest_hundredth(minor: int, written: int) -> None:
    assert from_minor(minor, "KWD", "hundredths") == written


@given(amounts, currencies)
def test_minor_units_stay_as_they_are(amount: int, currency: str) -> None:
    assert to_minor(amount, currency, "minor") == from_minor(amount, currency, "minor") == amount


@given(amounts, currencies)
def test_what_a_shop_wrote_comes_back_to_it(written: int, currency: str) -> None:
    try:
        minor = to_minor(written, currency, "hundredths")
    except InexactAmount:
        assert EXPONENTS[currency] == 0
        assert written % 100
    else:
        assert from_minor(minor, currency, "hundredths") == written


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [({}, "minor"), ({"amountFormat": "minor"}, "minor"), ({"amountFormat": "hundredths"}, "hundredths")],
)
def test_a_site_is_read_in_minor_units_unless_it_says_otherwise(settings: dict[str, str], wanted: str) -> None:
    site = SiteConfig(id="s", organization_id="o", version=1, name="Shop", settings=settings)
    assert site.amount_format == wanted
