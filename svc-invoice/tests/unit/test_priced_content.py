"""Amounts of stored documents as content: categories of documents that have rates only, allowances by group."""

from typing import Any

import pytest

from invoice.domain.content import VatTreatment
from invoice.domain.priced_content import priced_content
from invoice.domain.totals import SoldItem, Totals, compute_totals
from invoice.einvoice.settings import EInvoiceSettings, e_invoice_settings


def sold(*items: SoldItem) -> Totals:
    return compute_totals(
        items, amount=sum(item.total for item in items), currency="EUR", reference="R-1", countries=("DE",)
    )


@pytest.mark.parametrize(
    ("notes", "category", "code"),
    [
        (("reverse_charge",), "AE", "VATEX-EU-AE"),
        (("intra_community",), "K", "VATEX-EU-IC"),
        (("export",), "G", "VATEX-EU-G"),
        (("outside_scope",), "O", "VATEX-EU-O"),
        (("zero_rated",), "Z", None),
        (("exempt",), "E", None),
        (("intra_community", "reverse_charge"), None, None),
        ((), None, None),
    ],
)
def test_a_note_decides_the_category_of_rate_zero(notes: Any, category: str | None, code: str | None) -> None:
    totals = sold(SoldItem("Book", 1, 1000, vat_rate="0"))

    [group] = priced_content(totals, notes, "Small business").groups

    assert (group.vat.category, group.vat.reason_code) == (category, code)
    assert group.vat.reason == ("Small business" if category == "E" else None)


def test_an_allowance_is_split_by_rate() -> None:
    totals = sold(
        SoldItem("Book", 1, 1070, vat_rate="7"),
        SoldItem("Lamp", 1, 2380, vat_rate="19"),
        SoldItem("Welcome", 1, -345, "discount"),
    )

    priced = priced_content(totals)

    assert [(one.description, one.total, one.vat) for one in priced.adjustments] == [
        ("Welcome", 107, VatTreatment("S", "7")),
        ("Welcome", 238, VatTreatment("S", "19")),
    ]
    assert sum(line.net for line in priced.lines) - sum(one.net for one in priced.adjustments) == totals.net
    assert [(one.vat.category, one.gross) for one in priced.groups] == [("S", 963), ("S", 2142)]


def test_what_costs_nothing_joins_the_others() -> None:
    totals = sold(SoldItem("Book", 1, 1070, vat_rate="7"), SoldItem("Gift", 1, 0))

    priced = priced_content(totals)

    assert [line.vat for line in priced.lines] == [VatTreatment("S", "7")] * 2
    assert len(priced.groups) == 1


def test_without_any_rate_there_is_no_category() -> None:
    [group] = priced_content(sold(SoldItem("Book", 1, 1070))).groups

    assert group.vat == VatTreatment(None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, EInvoiceSettings()),
        ({"eInvoice": "on"}, EInvoiceSettings()),
        ({"eInvoice": {"enabled": True}}, EInvoiceSettings(enabled=True)),
        ({"eInvoice": {"enabled": "yes", "strictValidation": True}}, EInvoiceSettings(strict=True)),
        (
            {"eInvoice": {"enabled": True, "allowedFormats": ["peppol", "fax"]}},
            EInvoiceSettings(enabled=True, formats=frozenset({"peppol"})),
        ),
    ],
)
def test_settings_are_read_tolerantly(given: dict[str, Any], expected: EInvoiceSettings) -> None:
    assert e_invoice_settings(given) == expected
