"""Sums are exact, whatever the items are; VAT is never guessed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_contracts.money import AMOUNT_MINOR_MAX
from invoice.domain.totals import Group, SoldItem, Totals, TotalsRefused, compute_totals

RATES = st.sampled_from(["0", "5.5", "7", "7.7", "8.1", "19", "19.00", "25.5"])


def goods(rates: st.SearchStrategy[str | None]) -> st.SearchStrategy[SoldItem]:
    kinds = st.sampled_from(["goods", "shipping"])
    # With the quantity up to the largest amount.
    prices = st.integers(0, 2_000_000) | st.integers(2**31, AMOUNT_MINOR_MAX // 1000)
    return st.builds(SoldItem, st.just("x"), st.integers(1, 1000), prices, kinds, rates)


# Rates on all items, or on none.
SALES = st.lists(goods(RATES), min_size=1, max_size=30) | st.lists(goods(st.none()), min_size=1, max_size=30)
PRICES = st.integers(1, 10**6) | st.integers(2**31, 10**12)
DISCOUNTS = st.integers(1, AMOUNT_MINOR_MAX)


def totals(items: list[SoldItem], countries: tuple[str, ...] = ("DE",), currency: str = "EUR") -> Totals:
    amount = sum(item.total for item in items)
    return compute_totals(items, amount=amount, currency=currency, reference="ORDER-1", countries=countries)


@given(SALES, st.none() | DISCOUNTS, st.sampled_from(["EUR", "JPY", "KWD"]))
def test_gross_sums_are_exact(sale: list[SoldItem], discount: int | None, currency: str) -> None:
    worth = sum(item.total for item in sale)
    items = list(sale)
    if discount is not None and worth > 1:
        items.append(SoldItem("discount", 1, -(discount % (worth - 1) + 1), "discount"))
    if worth == 0:
        return

    found = totals(items, currency=currency)

    assert found.problems() == []
    assert found.total == sum(item.total for item in items)
    assert found.net + found.vat == found.total
    assert all(group.net + group.vat == group.gross for group in found.groups)
    for group in found.groups:
        lines = [line for line in found.lines if line.vat_rate == group.rate]
        assert sum(line.net for line in lines) == group.net + group.allowance_net


@given(SALES)
def test_vat_of_a_group_is_rounded_half_up(sale: list[SoldItem]) -> None:
    if not sum(item.total for item in sale):
        return
    for group in totals(sale).groups:
        if group.rate is None:
            assert group.vat == 0
        else:
            exact = group.gross * Fraction(group.rate) / (100 + Fraction(group.rate))
            assert abs(group.vat - exact) <= Fraction(1, 2)


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.integers(1, 10**6) | st.integers(2**31, 10**12), st.sampled_from(["7", "19"])),
        min_size=1,
        max_size=9,
    )
)
def test_net_sums_are_exact(rows: list[tuple[int, int, str]]) -> None:
    """A shop that rounds line by line: its tax total stands."""
    goods = [SoldItem("x", quantity, price, "goods", rate) for quantity, price, rate in rows]
    tax = sum((item.total * int(item.vat_rate or 0) * 2 + 100) // 200 for item in goods)
    if tax == 0:
        return

    found = totals([*goods, SoldItem("VAT", 1, tax, "tax")])

    assert found.amount_type == "net"
    assert found.problems() == []
    assert found.vat == tax
    assert found.net == sum(item.total for item in goods)


def test_one_rate() -> None:
    found = totals([SoldItem("Premium", 1, 11900, "digital_service", "19")])

    assert (found.net, found.vat, found.total) == (10000, 1900, 11900)
    assert found.groups == (Group("19", 10000, 1900, 11900),)


def test_half_a_minor_unit_of_vat_rounds_up() -> None:
    # 25 / 125 · 0.025 is half a unit away from nothing.
    found = totals([SoldItem("x", 1, 15, "goods", "25")], currency="JPY")
    assert found.vat == 3
    assert totals([SoldItem("x", 1, 3, "goods", "20")], currency="JPY").vat == 1


def test_line_nets_by_largest_remainder() -> None:
    found = totals([SoldItem("x", 1, 100, "goods", "19")] * 3)

    assert found.net == 252
    assert sorted(line.net for line in found.lines) == [84, 84, 84]
    odd = totals([SoldItem("x", 1, 101, "goods", "19")] * 3)
    assert sum(line.net for line in odd.lines) == odd.net == 255


def test_discount_is_spread_over_the_groups() -> None:
    found = totals(
        [
            SoldItem("a", 1, 10000, "goods", "19"),
            SoldItem("b", 1, 5000, "goods", "7"),
            SoldItem("10 off", 1, -1000, "discount"),
        ]
    )

    assert [group.gross for group in found.groups] == [9333, 4667]
    assert found.total == 14000
    assert [entry.total for entry in found.allowances] == [1000]
    assert all(line.total >= 0 for line in found.lines)


def test_equal_rates_written_differently_are_one_group() -> None:
    found = totals([SoldItem("a", 1, 100, "goods", "19"), SoldItem("b", 1, 100, "goods", "19.00")])

    assert [group.rate for group in found.groups] == ["19"]


def test_no_items_become_one_line_without_vat() -> None:
    found = compute_totals([], amount=4900, currency="EUR", reference="ORDER-1")

    assert [(line.description, line.total, line.vat_rate) for line in found.lines] == [("ORDER-1", 4900, None)]
    assert (found.net, found.vat, found.total) == (4900, 0, 4900)


def test_no_rate_shows_no_vat() -> None:
    found = totals([SoldItem("a", 2, 500)])

    assert found.groups == (Group(None, 1000, 0, 1000),)


def test_tax_item_makes_lines_net_and_its_rate_is_recognised() -> None:
    found = totals([SoldItem("a", 2, 5000), SoldItem("Tax", 1, 1900, "tax")])

    assert found.amount_type == "net"
    assert found.groups == (Group("19", 10000, 1900, 11900),)
    assert [line.description for line in found.lines] == ["a"]


def test_net_discount_reduces_the_taxed_amount() -> None:
    found = totals([SoldItem("a", 1, 10000), SoldItem("Coupon", 1, -1000, "discount"), SoldItem("Tax", 1, 1710, "tax")])

    assert (found.net, found.vat, found.total) == (9000, 1710, 10710)
    assert found.problems() == []


@pytest.mark.parametrize(
    ("items", "countries"),
    [
        ([SoldItem("a", 1, 10000), SoldItem("Tax", 1, 1234, "tax")], ("DE",)),  # no legal rate
        ([SoldItem("a", 1, 10000), SoldItem("Tax", 1, 1900, "tax")], ("XX",)),  # unknown country
        ([SoldItem("a", 1, 1), SoldItem("b", 1, 1), SoldItem("Tax", 1, 1, "tax")], ("FR",)),  # several would fit
        ([SoldItem("a", 1, 100, vat_rate="19"), SoldItem("b", 1, 100), SoldItem("Tax", 1, 19, "tax")], ("DE",)),
        ([SoldItem("a", 1, 100, vat_rate="19"), SoldItem("Tax", 1, 90, "tax")], ("DE",)),  # not the VAT of the lines
        ([SoldItem("a", 1, 100, vat_rate="19"), SoldItem("b", 1, 100)], ("DE",)),
        ([SoldItem("a", 1, 100, vat_rate="19"), SoldItem("Shipping", 1, 100, "shipping")], ("DE",)),
        ([SoldItem("a", 1, 100, vat_rate="0"), SoldItem("b", 1, 100)], ("DE",)),
        ([SoldItem("a", 1, 100, vat_rate="0"), SoldItem("b", 1, 100), SoldItem("Tax", 1, 0, "tax")], ("DE",)),
        ([SoldItem("a", 1, 100, vat_rate="much")], ("DE",)),
        ([SoldItem("a", 1, 100, vat_rate="-19")], ("DE",)),
        ([SoldItem("a", 1, 100, vat_rate="NaN")], ("DE",)),
    ],
)
def test_undetermined_vat_needs_a_person(items: list[SoldItem], countries: tuple[str, ...]) -> None:
    with pytest.raises(TotalsRefused) as refused:
        totals(items, countries)

    assert refused.value.code == "TAX_RATE_REQUIRED"


@pytest.mark.parametrize("tax", [(), (SoldItem("Tax", 1, 19, "tax"),)])
def test_what_costs_nothing_and_discounts_need_no_rate(tax: tuple[SoldItem, ...]) -> None:
    sold = [SoldItem("a", 1, 110, vat_rate="19"), SoldItem("Gift", 3, 0), SoldItem("Coupon", 1, -10, "discount")]

    found = totals([*sold, *tax])

    assert found.problems() == []
    assert found.vat == (19 if tax else 16)
    assert [group.gross for group in found.groups if group.rate is None] == [0]


def test_items_that_are_not_the_amount_are_refused() -> None:
    with pytest.raises(TotalsRefused) as refused:
        compute_totals([SoldItem("a", 1, 100)], amount=101, currency="EUR", reference="r")

    assert refused.value.code == "ITEMS_DO_NOT_ADD_UP"


def test_a_tax_of_zero_shows_no_vat() -> None:
    found = totals([SoldItem("a", 1, 100), SoldItem("Tax", 1, 0, "tax")])

    assert found.groups == (Group(None, 100, 0, 100),)
    assert found.amount_type == "net"
