"""Identifiers of seller, buyer and delivery that a category of VAT needs."""

from datetime import date

import pytest
from priced_drafts import line

from gateway_contracts.invoice_fields import VatCategory
from invoice.domain.content import VatTreatment
from invoice.pricing import price
from invoice.pricing.determination import GivenTreatments, TaxedSale
from invoice.pricing.parties import TaxParties, party_problems

BOTH = TaxParties(seller_vat_id="DE123456789", buyer_vat_id="FR12345678901")


@pytest.mark.parametrize(
    ("category", "parties", "codes"),
    [
        ("S", BOTH, []),
        ("S", TaxParties(), []),
        ("AE", BOTH, []),
        ("AE", TaxParties(), ["BUYER_VAT_ID_REQUIRED", "SELLER_VAT_ID_REQUIRED"]),
        ("G", TaxParties(), ["SELLER_VAT_ID_REQUIRED"]),
        ("K", BOTH, ["DELIVERY_DATE_REQUIRED", "DELIVERY_COUNTRY_REQUIRED"]),
        ("O", TaxParties(), []),
    ],
)
def test_missing_identifiers(category: VatCategory, parties: TaxParties, codes: list[str]) -> None:
    treatment = VatTreatment(category, "19" if category == "S" else None)
    totals = price([line("1", 100, treatment)], amount_type="net", currency="EUR")

    assert [problem.code for problem in party_problems(totals, parties)] == codes


async def test_without_a_tax_engine_lines_keep_their_treatments() -> None:
    lines = [line("1", 100)]

    assert await GivenTreatments().determine(lines, TaxedSale("EUR", date(2026, 12, 1))) == lines
