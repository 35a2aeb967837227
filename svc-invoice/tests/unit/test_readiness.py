"""Everything that a document lacks for a format, with a stable code and the field to fill."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from einvoice_documents import BUYER, SELLER, document

from invoice.domain.content import (
    DocumentContent,
    DocumentLine,
    DocumentParty,
    PaymentFacts,
    PostalAddress,
    VatBreakdown,
    VatTreatment,
)
from invoice.einvoice.amounts import unit_price
from invoice.einvoice.formats import PROFILES, EInvoiceFormat
from invoice.einvoice.readiness import is_iban, missing_for

SOUND = document(1, 0)


def content(category: str = "S", seller: dict[str, Any] | None = None, **changes: Any) -> DocumentContent:
    """One line of 100 with the parts that a test is about."""
    vat = VatTreatment(category, "19" if category == "S" else "0")  # type: ignore[arg-type]
    amount = 1900 if category == "S" else 0
    part = DocumentLine("x", Decimal(1), 10000, 10000, 10000, replace(vat, reason=None))
    known: dict[str, Any] = {
        "currency": "EUR",
        "seller": replace(SELLER, **(seller or {})),
        "lines": (part,),
        "groups": (VatBreakdown(replace(vat, reason="why" if category != "S" else None), 10000, amount, 10000),),
        "adjustments": (),
        "ship_to": None,
    }
    return replace(SOUND, **known | changes)


@pytest.mark.parametrize("format_", PROFILES)
def test_a_complete_document_lacks_nothing(format_: EInvoiceFormat) -> None:
    assert missing_for(content(), format_) == ()


NOWHERE = PostalAddress(street="Somewhere 1", country="DE")


@pytest.mark.parametrize(
    ("format_", "given", "expected"),
    [
        ("zugferd", content(number=None), {"DOCUMENT_NOT_ISSUED": "number"}),
        ("zugferd", content(kind="receipt"), {"DOCUMENT_NOT_ISSUED": "number"}),
        ("zugferd", content(currency="KWD"), {"CURRENCY_HAS_THREE_DECIMALS": "currency"}),
        ("zugferd", content(currency="HRK"), {"CURRENCY_NOT_LISTED": "currency"}),
        (
            "zugferd",
            content(buyer=replace(BUYER, vat_id=None, address=replace(BUYER.address, country="SS"))),
            {"BUYER_COUNTRY_MISSING": "buyer.country"},
        ),
        (
            "peppol",
            content(buyer=replace(BUYER, vat_id=None, address=replace(BUYER.address, country="XK"))),
            {"BUYER_COUNTRY_MISSING": "buyer.country"},
        ),
        (
            "zugferd",
            content(lines=(DocumentLine("x", Decimal(1), 1, 1, 1, VatTreatment(None)),)),
            {"VAT_CATEGORY_MISSING": "items[].category"},
        ),
        (
            "zugferd",
            content(groups=(VatBreakdown(VatTreatment("E", "0"), 1, 0, 1),)),
            {"VAT_REASON_MISSING": "items[].reason"},
        ),
        (
            "zugferd",
            content(groups=(VatBreakdown(VatTreatment("S", "19"), 10000, 2000, 12000),)),
            {"VAT_ROUNDING_TOO_FAR": "rounding"},
        ),
        ("zugferd", content(seller={"name": " "}), {"SELLER_NAME_MISSING": "companyName"}),
        ("zugferd", content(seller={"address": PostalAddress()}), {"SELLER_COUNTRY_MISSING": "companyAddress.country"}),
        ("zugferd", content(seller={"vat_id": "123"}), {"SELLER_VAT_ID_INVALID": "vatId"}),
        ("zugferd", content(seller={"vat_id": None}), {}),
        ("zugferd", content(seller={"vat_id": None, "tax_number": None}), {"SELLER_VAT_ID_MISSING": "vatId"}),
        ("zugferd", content("G", seller={"vat_id": None}), {"SELLER_VAT_ID_MISSING": "vatId"}),
        (
            "zugferd",
            content("O", seller={"tax_number": None, "registration_id": None}),
            {"SELLER_IDENTIFIER_MISSING": "taxNumber"},
        ),
        (
            "zugferd",
            content(buyer=None),
            {"BUYER_NAME_MISSING": "buyer.name", "BUYER_COUNTRY_MISSING": "buyer.country"},
        ),
        ("zugferd", content(buyer=replace(BUYER, name="")), {"BUYER_NAME_MISSING": "buyer.name"}),
        (
            "zugferd",
            content(buyer=replace(BUYER, address=PostalAddress(country="Austria"))),
            {"BUYER_COUNTRY_MISSING": "buyer.country"},
        ),
        ("zugferd", content("AE", buyer=replace(BUYER, vat_id=None)), {"BUYER_VAT_ID_MISSING": "buyer.vatId"}),
        ("zugferd", content(buyer=replace(BUYER, vat_id="XX1")), {"BUYER_VAT_ID_INVALID": "buyer.vatId"}),
        (
            "zugferd",
            content(ship_to=DocumentParty("x", PostalAddress(country="at"))),
            {"DELIVERY_COUNTRY_MISSING": "shipTo.country"},
        ),
        ("xrechnung", content(buyer_reference=None), {"BUYER_REFERENCE_MISSING": "buyerReference"}),
        ("xrechnung", content(payment=PaymentFacts()), {"SELLER_IBAN_MISSING": "bankIBAN"}),
        (
            "xrechnung",
            content(payment=PaymentFacts(iban="DE00370400440532013000")),
            {"SELLER_IBAN_MISSING": "bankIBAN"},
        ),
        (
            "xrechnung",
            content(seller={"contact": None, "phone": "12", "email": "x"}),
            {
                "SELLER_CONTACT_MISSING": "companyContact",
                "SELLER_PHONE_MISSING": "companyPhone",
                "SELLER_EMAIL_MISSING": "companyEmail",
            },
        ),
        (
            "xrechnung",
            content(seller={"address": NOWHERE}),
            {"SELLER_CITY_MISSING": "companyAddress.city", "SELLER_POSTAL_CODE_MISSING": "companyAddress.postalCode"},
        ),
        (
            "xrechnung",
            content(buyer=replace(BUYER, address=NOWHERE, routing=None, email=None)),
            {
                "BUYER_CITY_MISSING": "buyer.city",
                "BUYER_POSTAL_CODE_MISSING": "buyer.postalCode",
                "BUYER_ROUTING_ADDRESS_MISSING": "buyer.email",
            },
        ),
        (
            "xrechnung",
            content(ship_to=DocumentParty("x", NOWHERE)),
            {"DELIVERY_CITY_MISSING": "shipTo.city", "DELIVERY_POSTAL_CODE_MISSING": "shipTo.postalCode"},
        ),
        (
            "peppol",
            content(seller={"routing": None}, buyer=replace(BUYER, routing=None), buyer_reference=None),
            {
                "SELLER_ROUTING_ADDRESS_MISSING": "eInvoice.sellerPeppolRoutingAddress",
                "BUYER_ROUTING_ADDRESS_MISSING": "buyer.routingAddress",
                "BUYER_REFERENCE_MISSING": "buyerReference",
            },
        ),
        ("peppol", content(buyer_reference=None, order_reference="PO-1"), {}),
        ("peppol", content(payment=PaymentFacts()), {"SELLER_IBAN_MISSING": "bankIBAN"}),
        (
            "peppol",
            content(payment=PaymentFacts(), seller={"address": replace(SELLER.address, country="FR"), "contact": None}),
            {},
        ),
        (
            "peppol",
            content(seller={"address": replace(SELLER.address, country="SE")}),
            {"PEPPOL_COUNTRY_NOT_COVERED": "companyAddress.country"},
        ),
    ],
)
def test_what_is_missing(format_: EInvoiceFormat, given: DocumentContent, expected: dict[str, str]) -> None:
    known = replace(given, order_reference=given.order_reference if expected == {} else None)

    assert {one.code: one.field for one in missing_for(known, format_)} == expected
    assert all(one.sentence.endswith(".") for one in missing_for(known, format_))


@pytest.mark.parametrize(("net", "vat", "is_near"), [(15, 1, True), (15, 2, True), (15, 0, False), (15, 3, False)])
def test_vat_may_differ_by_less_than_one_yen(net: int, vat: int, is_near: bool) -> None:
    """10 % of 15 are 1.5: both are a rounding of gross prices."""
    given = content(currency="JPY", groups=(VatBreakdown(VatTreatment("S", "10"), net, vat, net + vat),))

    assert (missing_for(given, "zugferd") == ()) is is_near


@pytest.mark.parametrize(
    ("iban", "is_valid"),
    [
        ("DE89 3704 0044 0532 0130 00", True),
        ("de89370400440532013000", True),
        ("DE88370400440532013000", False),
        ("DE89", False),
        ("", False),
        (None, False),
    ],
)
def test_check_digits_of_an_iban(iban: str | None, is_valid: bool) -> None:
    assert is_iban(iban) is is_valid


@pytest.mark.parametrize(
    ("quantity", "net", "currency", "price"),
    [
        ("1", 999, "EUR", ("9.99", None)),
        ("3", 1000, "EUR", ("3.333", None)),
        ("2.5", 833, "EUR", ("3.33", None)),
        ("300", 100000, "EUR", ("1000.00", "300")),
        ("4", 100005, "EUR", ("250.012", None)),
        ("99999", 1234567, "EUR", ("12345.67", "99999")),
        ("0.3333", 111, "JPY", ("333.03", None)),
        ("0.0001", 1, "EUR", ("100.00", None)),
    ],
)
def test_quantity_times_price_is_the_net_of_a_line(
    quantity: str, net: int, currency: str, price: tuple[str, str | None]
) -> None:
    line = DocumentLine("x", Decimal(quantity), 1, net, net, VatTreatment("S", "19"))

    assert unit_price(line, currency) == price
