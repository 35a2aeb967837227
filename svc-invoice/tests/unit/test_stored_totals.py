"""Totals as they are stored, and what the register seals of them."""

from decimal import Decimal

from priced_drafts import line
from pydantic import TypeAdapter

from invoice.domain.content import VatTreatment
from invoice.domain.credit import compute_credit
from invoice.domain.totals import Allowance, Group, Line, Totals
from invoice.pricing import DraftAdjustment, price

STORED = TypeAdapter(Totals)


def test_documents_of_checkouts_seal_what_they_always_did() -> None:
    assert Line("Book", 2, 100, 200, 168, "19").legal_content() == ["Book", 2, 100, 200, 168, "19"]
    assert Allowance("Welcome", 5).legal_content() == ["Welcome", 5]
    assert Group("19", 168, 32, 200, 4).legal_content() == ["19", 168, 32, 200, 4]


def test_further_fields_are_sealed_by_name() -> None:
    shipping = DraftAdjustment(is_charge=True, description="Shipping", amount=10)

    found = price(
        [line("1.5", 100, VatTreatment("E", "0", "Schooling"))], [shipping], amount_type="net", currency="EUR"
    )

    assert found.lines[0].legal_content() == [
        "x",
        "1.5",
        100,
        150,
        150,
        "0",
        {"category": "E", "unit": "C62", "item_type": "goods"},
    ]
    assert found.allowances[0].legal_content() == [
        "Shipping",
        10,
        {"is_charge": True, "net": 10, "vat_rate": "0", "category": "E"},
    ]
    assert found.groups[0].legal_content() == ["0", 160, 0, 160, -10, {"category": "E", "reason": "Schooling"}]


def test_a_quantity_survives_the_store() -> None:
    found = price([line("1.50", 100), line("2.0", 100)], amount_type="net", currency="EUR")

    row = STORED.dump_python(found)

    assert [one["quantity"] for one in row["lines"]] == ["1.5", 2]
    assert STORED.validate_python(row) == found
    assert [type(one.quantity) for one in STORED.validate_python(row).lines] == [Decimal, int]


def test_totals_of_before_categories_are_read() -> None:
    row = {
        "amount_type": "gross",
        "currency": "EUR",
        "lines": [
            {"description": "x", "quantity": 1, "unit_price": 9, "total": 9, "net": 8, "vat_rate": "19", "item": None}
        ],
        "allowances": [{"description": "y", "total": 1}],
        "groups": [{"rate": "19", "net": 7, "vat": 1, "gross": 8, "allowance_net": 1}],
    }

    assert STORED.validate_python(row).problems() == []


def test_a_credit_note_keeps_the_categories() -> None:
    lines = [line("1", 1000, VatTreatment("AE", "0")), line("1", 500, VatTreatment("E", "0", "Schooling"))]
    sold = price(lines, amount_type="net", currency="EUR")

    first = compute_credit(sold, [], 300, description="Refund")
    assert first is not None
    rest = compute_credit(sold, [first], 1200, description="Refund")

    assert rest is not None
    assert [(one.category, one.reason_code, one.reason, one.gross) for one in first.groups] == [
        ("AE", "VATEX-EU-AE", None, 200),
        ("E", None, "Schooling", 100),
    ]
    assert [one.category for one in first.lines] == ["AE", "E"]
    assert [one.gross for one in rest.groups] == [800, 400]
