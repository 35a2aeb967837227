"""Printed values: addresses, payment, carried totals, notices."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from document_samples import BUYER, IBAN, SELLER, item, sample

from invoice.adapters.pdf.template import filled
from invoice.adapters.pdf.view import view_of
from invoice.domain.content import (
    AccountingVat,
    DocumentParty,
    PaymentFacts,
    PostalAddress,
    Preceding,
    VatBreakdown,
    VatTreatment,
)
from invoice.domain.printed import Look, PrintedDocument, paper_of
from invoice.rpc.records import file_name


def test_buyer_is_written_like_an_envelope() -> None:
    buyer = DocumentParty("ACME", PostalAddress("Way 1", None, "1010", "Wien", None, "AT"), contact="Ann")

    lines = view_of(sample(buyer=buyer, language="de"))["buyer"]

    assert [line.text for line in lines] == ["ACME", "Ann", "Way 1", "1010 Wien", "Österreich"]
    assert [line.is_name for line in lines] == [True, False, False, False, False]


def test_a_line_of_an_address_has_an_end() -> None:
    buyer = DocumentParty("Ann", PostalAddress(country="D" * 60_000, city="x" * 60_000))

    assert max(len(line.text) for line in view_of(sample(buyer=buyer))["buyer"]) <= 401


def test_email_stands_in_for_a_missing_address() -> None:
    buyer = DocumentParty("", email="a@example.org")

    assert [line.text for line in view_of(sample(buyer=buyer))["buyer"]] == ["a@example.org"]
    assert view_of(sample(buyer=None))["buyer"] == []


def test_each_line_knows_what_is_carried_over_the_end_of_its_page() -> None:
    lines = view_of(sample(item(), item(), item(unit_price=5)))["lines"]

    assert [line["brought"] for line in lines] == ["", "EUR\u00a0100.00", "EUR\u00a0200.00"]
    assert [line["carried"] for line in lines] == ["EUR\u00a0100.00", "EUR\u00a0200.00", "EUR\u00a0200.05"]


def test_an_open_invoice_asks_for_what_is_due() -> None:
    view = view_of(sample(paid=1_900))

    assert view["due"] == "EUR\u00a0100.00"
    assert view["request"]["text"] == "Please pay EUR\u00a0100.00 by 19 March 2026"
    assert view["request"]["link"] == "https://pay.example/i/7fK2mQ9xZ1"
    assert {part["name"]: part["value"] for part in view["request"]["bank"]}["IBAN"] == "DE89 3704 0044 0532 0130 00"
    assert view["request"]["bank_code"].startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize(
    ("values", "link_code", "bank_code"),
    [
        ({}, True, True),
        ({"currency": "USD"}, True, False),
        ({"payment": PaymentFacts(iban="not an iban")}, False, False),
        ({"payment": PaymentFacts(link="https://pay.example/" + "x" * 2_000)}, False, False),
    ],
)
def test_codes_are_printed_where_their_standard_allows(
    values: dict[str, Any], link_code: bool, bank_code: bool
) -> None:
    request = view_of(sample(**values))["request"]

    assert (request["link_code"] is not None, request["bank_code"] is not None) == (link_code, bank_code)


@pytest.mark.parametrize("kind", ["credit_note", "receipt", "pro_forma"])
def test_only_an_invoice_asks_for_money(kind: str) -> None:
    assert view_of(sample(kind=kind))["request"] is None


def test_a_paid_invoice_says_how() -> None:
    paid = PaymentFacts(method="card", brand="visa", last4="4242", paid_on=date(2026, 3, 5))

    view = view_of(sample(paid=11_900, payment=paid))

    assert view["request"] is None
    assert view["settled"] == {
        "title": "Paid in full",
        "text": "EUR\u00a0119.00 received on 5 March 2026",
        "method": "Payment method: Visa …4242",
    }


def test_a_credit_note_names_its_invoice_and_what_went_back() -> None:
    back = PaymentFacts(method="paypal", paid_on=date(2026, 3, 6), reason="refund")
    corrects = Preceding("INV-1", date(2026, 3, 5))

    view = view_of(sample(kind="credit_note", corrects=corrects, paid=11_900, payment=back))

    assert {fact["name"]: fact["value"] for fact in view["facts"]}[
        "Corrects invoice"
    ] == "INV-1 of 5\u00a0March\u00a02026"
    assert view["settled"]["text"] == "EUR\u00a0119.00 returned on 6 March 2026"


def test_a_pro_forma_and_a_test_say_that_they_are_none() -> None:
    marks = [
        [notice["mark"] for notice in view_of(content)["notices"]]
        for content in (sample(), sample(kind="pro_forma"), sample(kind="pro_forma", livemode=False))
    ]

    assert marks == [[], ["PRO FORMA"], ["PRO FORMA", "TEST"]]


def test_each_reason_for_no_vat_is_printed_once() -> None:
    exempt = VatTreatment("E", "0", reason="Exempt by law")
    groups = (VatBreakdown(exempt, 5_000, 0, 5_000), VatBreakdown(replace(exempt, category="G"), 5_000, 0, 5_000))

    view = view_of(sample(groups=groups, vat=0, total=10_000))

    assert view["reasons"] == ["Exempt by law"]
    assert [group["name"] for group in view["groups"]] == ["Exempt", "Export"]
    assert view["vat_sums"] == []
    assert view_of(sample(groups=groups, notes=("Exempt by law",)))["reasons"] == []


def test_vat_is_also_said_in_the_accounting_currency() -> None:
    accounting = AccountingVat("PLN", 8_123, Decimal("4.2755"), "NBP", date(2026, 3, 4))

    assert view_of(sample(accounting=accounting))["accounting"] == {
        "name": "VAT in PLN:",
        "amount": "81.23",
        "rate": "Rate 4.2755 (NBP, 4 March 2026)",
    }


def test_french_has_a_space_before_a_colon() -> None:
    accounting = AccountingVat("PLN", 8_123, Decimal("4.2755"), "NBP", date(2026, 3, 4))

    assert view_of(sample(accounting=accounting, language="fr"))["accounting"]["name"] == "TVA en PLN\u00a0:"


def test_words_of_the_document_keep_its_direction_and_texts_from_outside_their_own() -> None:
    corrects = Preceding("INV-0001", date(2026, 2, 1))
    content = sample(kind="credit_note", language="ar", corrects=corrects, order_reference="PO-77")

    html = filled(view_of(content), None)

    cells = re.findall(r'<td class="(?:number)?">(.*?)</td>', html)
    [corrected] = [cell for cell in cells if "INV-0001" in cell]
    assert "bdi" not in corrected
    assert '<bdi class="n">PO-77</bdi>' in cells


def test_carried_amounts_keep_their_order_behind_words_from_right_to_left() -> None:
    first, _ = view_of(sample(item(), item(), language="ar"))["lines"]

    assert first["carried"] == "\u200eEUR\u00a0100.00\u200e\u200f"


def test_a_long_footer_follows_the_sums() -> None:
    short, long = view_of(sample(footer="one\ntwo")), view_of(sample(footer="\n".join("abcd")))

    assert (short["footer"], short["long_footer"]) == (["one", "two"], [])
    assert (long["footer"], long["long_footer"]) == ([], ["a", "b", "c", "d"])


def test_text_in_the_merchant_s_color_stays_readable() -> None:
    assert view_of(sample(), Look(color="#22477a"))["look"]["ink"] == "#22477a"
    assert view_of(sample(), Look(color="#ffee00"))["look"]["ink"] == "#1c2430"


def test_delivery_is_named_where_it_went_elsewhere() -> None:
    elsewhere = replace(BUYER, address=replace(BUYER.address, city="Lyon"))

    assert view_of(sample(ship_to=BUYER))["ship_to"] == []
    assert "75002 Lyon" in [line.text for line in view_of(sample(ship_to=elsewhere))["ship_to"]]


def test_all_texts_of_a_document_count() -> None:
    more = sample(seller=replace(SELLER, name=SELLER.name + "x" * 7))

    assert PrintedDocument(more).characters - PrintedDocument(sample()).characters == 7
    assert IBAN in sample().payment.iban


def test_paper() -> None:
    assert [paper_of(country) for country in ("US", "ca", "MX", "DE", None)] == [
        "letter",
        "letter",
        "letter",
        "a4",
        "a4",
    ]


def test_file_name_is_safe_in_headers_and_file_systems() -> None:
    assert file_name("INV/2026 #1") == "INV-2026--1.pdf"
