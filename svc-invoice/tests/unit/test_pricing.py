"""Totals of drafts: exact in both terms and both roundings, and refused where a rule is broken."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from priced_drafts import ADJUSTMENTS, LINES, line

from gateway_contracts.invoice_fields import AmountType
from gateway_contracts.money import AMOUNT_MINOR_MAX
from invoice.domain.content import VatTreatment
from invoice.domain.totals import Totals
from invoice.pricing import DraftAdjustment, DraftLine, PricingRefused, Rounding, price

AMOUNT_TYPES = st.sampled_from(["net", "gross"])
ROUNDINGS = st.sampled_from(["document", "line"])
CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD"])


def priced(*args: Any, **options: Any) -> Totals | None:
    """None where a discount is larger than what it is taken off."""
    try:
        return price(*args, **options)
    except PricingRefused as exc:
        if exc.code not in ("DISCOUNT_TOO_LARGE", "AMOUNT_TOO_LARGE"):
            raise
        return None


@given(LINES, ADJUSTMENTS, AMOUNT_TYPES, ROUNDINGS, CURRENCIES)
def test_sums_are_exact(
    lines: list[DraftLine],
    adjustments: list[DraftAdjustment],
    amount_type: AmountType,
    rounding: Rounding,
    currency: str,
) -> None:
    found = priced(lines, adjustments, amount_type=amount_type, currency=currency, rounding=rounding)
    assume(found is not None)
    assert found is not None

    assert found.problems() == []
    assert len({group.vat_key for group in found.groups}) == len(found.groups)
    for group in found.groups:
        nets = sum(one.net for one in found.lines if one.vat_key == group.vat_key)
        taken = sum(
            (-1 if one.is_charge else 1) * (one.net or 0) for one in found.allowances if one.vat_key == group.vat_key
        )
        assert (nets - taken, taken) == (group.net, group.allowance_net)
        assert group.vat >= 0
        assert group.net >= 0
    assert all(0 <= one.net <= one.total for one in found.lines)
    assert all(0 <= (one.net or 0) <= one.total for one in found.allowances)


@given(LINES, ADJUSTMENTS, AMOUNT_TYPES)
def test_vat_of_a_group_is_rounded_once(
    lines: list[DraftLine], adjustments: list[DraftAdjustment], amount_type: AmountType
) -> None:
    found = priced(lines, adjustments, amount_type=amount_type, currency="EUR")
    assume(found is not None)
    assert found is not None

    for group in found.groups:
        rate = Fraction(group.rate or 0)
        exact = group.net * rate / 100 if amount_type == "net" else group.gross * rate / (100 + rate)
        assert abs(group.vat - exact) <= Fraction(1, 2)


@given(LINES, st.integers(0, 10**6))
def test_gross_lines_are_what_the_customer_paid(lines: list[DraftLine], shipping: int) -> None:
    charges = [DraftAdjustment(is_charge=True, description="Shipping", amount=shipping)]
    worth = sum(one.total for one in price(lines, (), amount_type="gross", currency="EUR").lines)
    assume(worth)

    found = price(lines, charges, amount_type="gross", currency="EUR")

    assert found.total == worth + shipping


def test_a_decimal_quantity_is_rounded_half_up() -> None:
    found = price([line("2.5", 333), line("0.0001", 5000)], amount_type="net", currency="EUR")

    assert [(one.quantity, one.total) for one in found.lines] == [(Decimal("2.5"), 833), (Decimal("0.0001"), 1)]
    assert (found.net, found.vat, found.total) == (834, 158, 992)


def test_rounding_per_line_differs_from_rounding_per_document() -> None:
    lines = [line("1", 3) for _ in range(3)]

    per_document = price(lines, amount_type="net", currency="EUR")
    per_line = price(lines, amount_type="net", currency="EUR", rounding="line")

    assert (per_document.vat, per_line.vat) == (2, 3)


def test_a_discount_without_a_treatment_follows_the_lines() -> None:
    lines = [line("1", 10000), line("1", 5000, VatTreatment("S", "7"))]
    discount = DraftAdjustment(is_charge=False, description="Welcome", amount=1500)

    found = price(lines, [discount], amount_type="gross", currency="EUR")

    assert [(one.total, one.vat_rate) for one in found.allowances] == [(1000, "19"), (500, "7")]
    assert found.total == 13500


def test_shipping_of_a_free_line_has_its_rate() -> None:
    found = price([line("1", 0)], [DraftAdjustment(True, "Shipping", 500)], amount_type="net", currency="EUR")

    assert (found.net, found.vat, found.groups[0].allowance_net) == (500, 95, -500)


def test_one_reason_stands_for_a_group() -> None:
    schooling, insurance = VatTreatment("E", "0", "Schooling"), VatTreatment("E", "0", "Insurance", "VATEX-EU-132-1A")

    [group] = price([line("1", 1, schooling), line("1", 1, insurance)], amount_type="net", currency="EUR").groups

    assert (group.reason, group.reason_code) == ("Schooling; Insurance", None)


def test_a_category_has_its_reason_code() -> None:
    [group] = price([line("1", 100, VatTreatment("AE", "0"))], amount_type="net", currency="EUR").groups

    assert (group.reason_code, group.vat) == ("VATEX-EU-AE", 0)


def test_a_free_line_joins_the_others() -> None:
    found = price([line("1", 100), line("1", 0, None)], amount_type="net", currency="EUR")

    assert [one.category for one in found.lines] == ["S", "S"]
    assert len(found.groups) == 1


EXEMPT, OUTSIDE = VatTreatment("E", "0", "Schooling"), VatTreatment("O")


@pytest.mark.parametrize(
    ("lines", "adjustments", "code", "field"),
    [
        ([line("0", 1)], [], "QUANTITY_INVALID", "lines[0].quantity"),
        ([line("-1", 1)], [], "QUANTITY_INVALID", "lines[0].quantity"),
        ([line("NaN", 1)], [], "QUANTITY_INVALID", "lines[0].quantity"),
        ([line("1", 1), line("0.00001", 1)], [], "QUANTITY_INVALID", "lines[1].quantity"),
        ([line("1", -1)], [], "PRICE_NEGATIVE", "lines[0].unitPrice"),
        ([line("1", 1, discount=-1)], [], "PRICE_NEGATIVE", "lines[0].discount"),
        ([line("1", 1, discount=2)], [], "DISCOUNT_TOO_LARGE", "lines[0].discount"),
        ([line("1", 1)], [DraftAdjustment(False, "x", -1)], "PRICE_NEGATIVE", "adjustments[0].amount"),
        ([line("1", 1)], [DraftAdjustment(False, "x", 2)], "DISCOUNT_TOO_LARGE", "adjustments"),
        ([line("1", 9)], [DraftAdjustment(False, "x", 2, EXEMPT)], "DISCOUNT_TOO_LARGE", "adjustments"),
        ([line("1", 0)], [DraftAdjustment(False, "x", 2)], "DISCOUNT_TOO_LARGE", "adjustments"),
        ([line("1", AMOUNT_MINOR_MAX)] * 2, [], "AMOUNT_TOO_LARGE", "lines"),
        ([line("9999", AMOUNT_MINOR_MAX)], [], "AMOUNT_TOO_LARGE", "lines[0]"),
        ([line("1", 1), line("1", 1, None)], [], "TAX_RATE_REQUIRED", "lines"),
        ([line("1", 1, None)], [DraftAdjustment(True, "x", 1, EXEMPT)], "TAX_RATE_REQUIRED", "lines"),
        ([line("1", 1, VatTreatment("S", "0"))], [], "VAT_RATE_INVALID", "lines[0].treatment.rate"),
        ([line("1", 1, VatTreatment("S"))], [], "VAT_RATE_INVALID", "lines[0].treatment.rate"),
        ([line("1", 1, VatTreatment("S", "19.00001"))], [], "VAT_RATE_INVALID", "lines[0].treatment.rate"),
        ([line("1", 1, VatTreatment("S", "x"))], [], "VAT_RATE_INVALID", "lines[0].treatment.rate"),
        ([line("1", 1, VatTreatment("Z", "19"))], [], "VAT_RATE_INVALID", "lines[0].treatment.rate"),
        ([line("1", 1, VatTreatment("E", "0"))], [], "VAT_REASON_REQUIRED", "lines[0].treatment.reason"),
        ([line("1", 1, VatTreatment("S", "19", "why"))], [], "VAT_REASON_REFUSED", "lines[0].treatment.reason"),
        ([line("1", 1), line("1", 1, OUTSIDE)], [], "VAT_CATEGORY_CONFLICT", "lines[1].treatment.category"),
        (
            [line("1", 9, OUTSIDE)],
            [DraftAdjustment(True, "x", 1, EXEMPT)],
            "VAT_CATEGORY_CONFLICT",
            "lines[0].treatment.category",
        ),
        ([], [], "VALIDATION_FAILED", "lines"),
    ],
)
def test_a_broken_rule_names_its_field(
    lines: list[DraftLine], adjustments: list[DraftAdjustment], code: str, field: str
) -> None:
    with pytest.raises(PricingRefused) as refused:
        price(lines, adjustments, amount_type="net", currency="EUR")

    assert (refused.value.code, refused.value.details[0].field) == (code, field)
