"""Content of an example, for proofs of templates."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from invoice.domain.content import (
    DocumentContent,
    DocumentKind,
    DocumentLine,
    DocumentParty,
    PaymentFacts,
    PostalAddress,
    Preceding,
    RoutingAddress,
    VatBreakdown,
    VatTreatment,
)

_STANDARD: Final = VatTreatment("S", "19")
_REDUCED: Final = VatTreatment("S", "7")
EXAMPLE_DAY: Final = date(2026, 3, 5)
"""Of its issue."""
_IBAN: Final = "DE89370400440532013000"
_SELLER: Final = DocumentParty(
    "Example GmbH",
    PostalAddress("Beispielweg 1", None, "10115", "Berlin", None, "DE"),
    email="office@example.com",
    vat_id="DE123456789",
    register="Amtsgericht Berlin, HRB 1",
)
_BUYER: Final = DocumentParty(
    "Sample SARL",
    PostalAddress("1 rue Exemple", None, "75002", "Paris", None, "FR"),
    contact="Jane Doe",
    vat_id="FR12345678901",
)
_LINES: Final = (
    DocumentLine("Annual plan", Decimal(1), 120_000, 120_000, 120_000, _STANDARD, details="January to December 2026"),
    DocumentLine("Workshop", Decimal("1.5"), 90_000, 135_000, 135_000, _STANDARD),
    DocumentLine("Handbook", Decimal(3), 2_500, 7_500, 7_500, _REDUCED),
)
_GROUPS: Final = (
    VatBreakdown(_STANDARD, 255_000, 48_450, 303_450),
    VatBreakdown(_REDUCED, 7_500, 525, 8_025),
)
_OPEN: Final = PaymentFacts(iban=_IBAN, due_on=date(2026, 3, 19), link="https://example.com/pay/example")
_PAID: Final = PaymentFacts(method="card", brand="visa", last4="4242", paid_on=EXAMPLE_DAY, reason="refund")


def example_of(seller: DocumentParty, payment: PaymentFacts) -> DocumentContent:
    """An issued invoice of a seller to a buyer of whom everything is known."""
    buyer = replace(_BUYER, email="office@example.com", routing=RoutingAddress("0009", "12345678901234"))
    content = example_content("invoice", livemode=True)
    return replace(content, seller=seller, buyer=buyer, payment=payment, buyer_reference="ORDER-1")


def example_content(kind: DocumentKind, *, livemode: bool, language: str = "en") -> DocumentContent:
    """A document of that kind with two rates of VAT."""
    content = DocumentContent(
        id="000000000000000000000000",
        kind=kind,
        livemode=livemode,
        language=language,
        currency="EUR",
        amount_type="net",
        seller=_SELLER,
        buyer=_BUYER,
        lines=_LINES,
        groups=_GROUPS,
        net=262_500,
        vat=48_975,
        total=311_475,
        number=None if kind == "pro_forma" else "EXAMPLE-0001",
        issued_on=None if kind == "pro_forma" else EXAMPLE_DAY,
        supplied_on=EXAMPLE_DAY,
        payment=_OPEN,
        external_reference="ORDER-1",
    )
    if kind in ("invoice", "pro_forma"):
        return content
    corrects = Preceding("EXAMPLE-0000", EXAMPLE_DAY) if kind == "credit_note" else None
    return replace(content, payment=_PAID, paid=content.total, corrects=corrects)
