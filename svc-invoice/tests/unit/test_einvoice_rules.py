"""Generated documents are valid for the official rules of each format, and every seeded error is found."""

import os
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from einvoice_documents import BUYER, document
from einvoice_rules import RulesProcess, xml_totals

from gateway_contracts.countries import COUNTRIES
from gateway_contracts.currencies import EXPONENTS
from invoice.domain.content import DocumentContent, DocumentLine, RoutingAddress, VatBreakdown, VatTreatment
from invoice.einvoice.formats import PROFILES, EInvoiceFormat
from invoice.einvoice.readiness import missing_for
from invoice.einvoice.writer import write

SLICE = 20
"""Documents in each of the three formats."""
NIGHTLY_COUNT, NIGHTLY_SEED, NIGHTLY_STEP = 10_000, 20261201, 500


def _check(content: DocumentContent, format_: EInvoiceFormat, rules: RulesProcess) -> str:
    """A word for the outcome; broken rules fail."""
    missing = {one.code for one in missing_for(content, format_)}
    if missing:
        assert missing <= {"CURRENCY_HAS_THREE_DECIMALS", "VAT_ROUNDING_TOO_FAR"}, (content.number, missing)
        return "pdf_only"
    xml = write(content, format_)
    assert xml_totals(xml, format_, content.currency) == (content.net, content.vat, content.total)
    findings = rules.check(xml, format_)
    assert findings.fatal == (), (content.number, format_, findings)
    return "left_out: " + ", ".join(findings.left_out) if findings.left_out else "valid"


@pytest.mark.parametrize("format_", PROFILES)
def test_the_same_document_gives_the_same_bytes(format_: EInvoiceFormat) -> None:
    for place in range(0, 3 * SLICE, 3):
        content = document(1, place)
        if not missing_for(content, format_):
            assert write(content, format_) == write(content, format_)


@pytest.mark.parametrize("format_", PROFILES)
def test_generated_documents_are_valid(format_: EInvoiceFormat, rules: RulesProcess) -> None:
    outcomes = Counter(_check(document(1, place), format_, rules) for place in range(SLICE))

    assert outcomes.keys() - {"pdf_only"}
    if not outcomes["valid"]:
        pytest.skip(f"rules that need Maven: {outcomes}")


@pytest.mark.nightly
def test_ten_thousand_documents_are_valid(rules: RulesProcess, capsys: pytest.CaptureFixture[str]) -> None:
    count = int(os.environ.get("EINVOICE_DOCUMENTS", NIGHTLY_COUNT))
    outcomes: Counter[tuple[str, str]] = Counter()
    for place in range(count):
        content = document(NIGHTLY_SEED, place)
        outcomes.update((format_, _check(content, format_, rules)) for format_ in PROFILES)
        if (done := place + 1) % NIGHTLY_STEP == 0 or done == count:
            with capsys.disabled():
                print(f"\nseed {NIGHTLY_SEED}, {done} documents:", dict(outcomes))  # noqa: T201  # for docs/invoices.md


@pytest.mark.nightly
@pytest.mark.parametrize("format_", PROFILES)
def test_every_country_and_currency_is_listed_or_named_as_missing(format_: EInvoiceFormat, rules: RulesProcess) -> None:
    part = DocumentLine("x", Decimal(1), 10000, 10000, 10000, VatTreatment("S", "19"))
    simple = replace(
        SOUND,
        ship_to=None,
        lines=(part,),
        groups=(VatBreakdown(part.vat, 10000, 1900, 11900),),
        adjustments=(),
        net=10000,
        vat=1900,
        total=11900,
        paid=0,
    )
    to_country = [
        replace(simple, buyer=replace(BUYER, vat_id=None, address=replace(BUYER.address, country=code)))
        for code in sorted(COUNTRIES)
    ]
    in_currency = [replace(simple, currency=code) for code in sorted(EXPONENTS)]

    for content in to_country + in_currency:
        if not missing_for(content, format_):
            findings = rules.check(write(content, format_), format_)
            assert findings.fatal == (), (content.currency, content.buyer)


SOUND = next(one for one in (document(2, place) for place in range(0, 200, 10)) if one.currency == "EUR")
"""Lines of category S with one rate, in Euros."""


def _with_group(**changes: Any) -> DocumentContent:
    return replace(SOUND, groups=(replace(SOUND.groups[0], **changes), *SOUND.groups[1:]))


def _with_line(**changes: Any) -> DocumentContent:
    return replace(SOUND, lines=(replace(SOUND.lines[0], **changes), *SOUND.lines[1:]))


def _reverse_charge_without_reason() -> DocumentContent:
    content = next(one for one in (document(2, place) for place in range(5, 200, 10)) if one.currency == "EUR")
    [group] = content.groups
    return replace(content, groups=(replace(group, vat=replace(group.vat, reason_code=None)),))


SEEDED: dict[str, tuple[DocumentContent, set[str]]] = {
    "total": (replace(SOUND, total=SOUND.total + 1), {"BR-CO-15"}),
    "VAT": (replace(SOUND, vat=SOUND.vat + 1), {"BR-CO-14", "BR-CO-15"}),
    "VAT of a group": (_with_group(amount=SOUND.groups[0].amount + 300), {"BR-CO-14", "BR-S-09"}),
    "net of a group": (_with_group(net=SOUND.groups[0].net + 300), {"BR-S-08"}),
    "net": (replace(SOUND, net=SOUND.net + 1), {"BR-CO-13"}),
    "line": (_with_line(net=SOUND.lines[0].net + 300), {"BR-CO-13", "BR-S-08"}),
    "category": (_with_line(vat=VatTreatment("Q", "19")), {"BR-CL-18"}),  # type: ignore[arg-type]
    "rate of a line": (_with_line(vat=VatTreatment("S", "0")), {"BR-S-05"}),
    "identity of the seller": (
        replace(SOUND, seller=replace(SOUND.seller, vat_id=None, tax_number=None)),
        {"BR-S-02"},
    ),
    "reason of reverse charge": (_reverse_charge_without_reason(), {"BR-AE-10"}),
    "country of the buyer": (
        replace(SOUND, buyer=replace(BUYER, address=replace(BUYER.address, country="QQ"))),
        {"BR-CL-14"},
    ),
    "VAT id": (replace(SOUND, seller=replace(SOUND.seller, vat_id="123456788")), {"BR-CO-09"}),
}


@pytest.mark.parametrize("format_", ["zugferd", "xrechnung"])
@pytest.mark.parametrize("seeded", SEEDED)
def test_a_seeded_error_is_found(seeded: str, format_: EInvoiceFormat, rules: RulesProcess) -> None:
    content, expected = SEEDED[seeded]

    findings = rules.check(write(content, format_), format_)

    if findings.left_out and not expected <= findings.ids:
        pytest.skip(f"rules that need Maven: {findings.left_out}")
    assert expected <= findings.ids


FURTHER: dict[str, tuple[EInvoiceFormat, DocumentContent, str]] = {
    "buyer reference": ("xrechnung", replace(SOUND, buyer_reference=None), "BR-DE-15"),
    "phone": ("xrechnung", replace(SOUND, seller=replace(SOUND.seller, phone=None)), "BR-DE-6"),
    "Peppol address": ("peppol", replace(SOUND, seller=replace(SOUND.seller, routing=None)), "PEPPOL-EN16931-R020"),
    "reference": (
        "peppol",
        replace(SOUND, buyer_reference=None, order_reference=None),
        "PEPPOL-EN16931-R003",
    ),
    "e-mail as Peppol address": (
        "peppol",
        replace(SOUND, buyer=replace(BUYER, routing=RoutingAddress("EM", "a@example.org"))),
        "PEPPOL-EN16931-CL008",
    ),
}


@pytest.mark.parametrize("seeded", FURTHER)
def test_an_error_of_one_format_is_found(seeded: str, rules: RulesProcess) -> None:
    format_, content, rule = FURTHER[seeded]

    findings = rules.check(write(content, format_), format_)

    if findings.left_out:
        pytest.skip(f"rules that need Maven: {findings.left_out}")
    assert rule in findings.ids
    assert missing_for(content, format_)
