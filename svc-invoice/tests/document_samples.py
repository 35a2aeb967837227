"""Contents of documents for tests of the page."""

from datetime import date
from decimal import Decimal
from typing import Any

from invoice.domain.content import (
    DocumentContent,
    DocumentLine,
    DocumentParty,
    PaymentFacts,
    PostalAddress,
    VatBreakdown,
    VatTreatment,
)

SELLER = DocumentParty(
    "Nordwind Handel GmbH",
    PostalAddress("Speicherstraße 12", None, "20457", "Hamburg", None, "DE"),
    email="rechnung@nordwind.example",
    vat_id="DE123456789",
)
BUYER = DocumentParty(
    "Dupont SARL", PostalAddress("10 rue de la Paix", None, "75002", "Paris", None, "FR"), contact="Jean Dupont"
)
IBAN = "DE89370400440532013000"
STANDARD = VatTreatment("S", "19")


def item(name: str = "Premium", quantity: str = "1", unit_price: int = 10_000, **values: Any) -> DocumentLine:
    """A line without discount, in net prices."""
    total = int(Decimal(quantity) * unit_price)
    return DocumentLine(name, Decimal(quantity), unit_price, total, total, values.pop("vat", STANDARD), **values)


def sample(*lines: DocumentLine, **values: Any) -> DocumentContent:
    """An open invoice at 19 percent; any field may be replaced."""
    lines = lines or (item(),)
    net = sum(line.total for line in lines)
    vat = net * 19 // 100
    fields: dict[str, Any] = {
        "id": "65a5000000000000000000b1",
        "kind": "invoice",
        "livemode": True,
        "language": "en",
        "currency": "EUR",
        "amount_type": "net",
        "seller": SELLER,
        "buyer": BUYER,
        "lines": lines,
        "groups": (VatBreakdown(STANDARD, net, vat, net + vat),),
        "net": net,
        "vat": vat,
        "total": net + vat,
        "number": "INV-2026-00042",
        "issued_on": date(2026, 3, 5),
        "payment": PaymentFacts(iban=IBAN, due_on=date(2026, 3, 19), link="https://pay.example/i/7fK2mQ9xZ1"),
    }
    return DocumentContent(**(fields | values))
