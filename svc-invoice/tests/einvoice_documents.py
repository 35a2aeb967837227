"""Generated documents: all categories, both terms and roundings, discounts and charges, currencies, odd texts.

Document ``n`` of a seed is always the same one.
"""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from invoice.domain.content import (
    AccountingVat,
    DocumentContent,
    DocumentParty,
    PaymentFacts,
    PostalAddress,
    Preceding,
    RoutingAddress,
    VatTreatment,
)
from invoice.domain.priced_content import priced_content
from invoice.domain.totals import Totals
from invoice.pricing import DraftAdjustment, DraftLine, PricingRefused, price

SELLER: Final = DocumentParty(
    name="Nordwind Handel GmbH",
    address=PostalAddress("Speicherstraße 12", "Hof 3", "20457", "Hamburg", None, "DE"),
    contact="Eva Marek",
    email="rechnung@nordwind.example",
    phone="+49 40 1234567",
    vat_id="DE123456788",
    tax_number="22/815/08154",
    registration_id="HRB 12345",
    register="Amtsgericht Hamburg, HRB 12345",
    representatives="Eva Marek",
    routing=RoutingAddress("9930", "DE123456788"),
)
BUYER: Final = DocumentParty(
    name="Bücher & Söhne <Wien>",
    address=PostalAddress("Ringstraße 5", None, "1010", "Wien", None, "AT"),
    contact="Anna Schmidt",
    email="anna@example.org",
    vat_id="ATU13585627",
    routing=RoutingAddress("9914", "ATU13585627"),
)
ISSUED_ON: Final = date(2026, 12, 1)
STANDARD: Final = [VatTreatment("S", rate) for rate in ("19", "7", "7.7", "25.5", "8.1")]
SCENARIOS: Final[dict[str, list[VatTreatment]]] = {
    "S": STANDARD[:1],
    "rates": STANDARD,
    "mixed": [*STANDARD[:2], VatTreatment("Z", "0"), VatTreatment("E", "0", "Umsatzsteuerfrei nach § 4 UStG")],
    "Z": [VatTreatment("Z", "0")],
    "E": [VatTreatment("E", "0", "Kein Ausweis von Umsatzsteuer, § 19 UStG")],
    "AE": [VatTreatment("AE", "0")],
    "K": [VatTreatment("K", "0")],
    "G": [VatTreatment("G", "0")],
    "O": [VatTreatment("O")],
    "AE and S": [VatTreatment("AE", "0"), STANDARD[0]],
}
CURRENCIES: Final = ["EUR", "EUR", "EUR", "CHF", "USD", "JPY", "HUF", "SEK", "KWD"]
NAMES: Final = [
    "Book",
    "Größe \u201eM\u201c",
    "<b>&amp;</b>",
    "a\x00b\x0bc",
    "書籍 \U0001f600",
    " ",
    "كتاب",
    "x" * 2000,
]
IBAN: Final = "DE89 3704 0044 0532 0130 00"


def documents(seed: int, count: int) -> list[DocumentContent]:
    """The first documents of a seed."""
    return [document(seed, place) for place in range(count)]


def document(seed: int, place: int) -> DocumentContent:
    """One document that lacks nothing, unless its currency has three decimals."""
    # Scenarios and currencies take turns, so that a short list has them all.
    rng = random.Random(f"{seed}:{place}")  # noqa: S311  # the same documents every time
    scenario = list(SCENARIOS)[place % len(SCENARIOS)]
    currency = CURRENCIES[place // 3 % len(CURRENCIES)]
    totals = _totals(rng, SCENARIOS[scenario], currency)
    while totals is None:
        totals = _totals(rng, SCENARIOS[scenario], currency)
    assert totals.problems() == []
    return _document(rng, totals, f"INV-{seed}-{place}")


def _totals(rng: random.Random, treatments: list[VatTreatment], currency: str) -> Totals | None:
    lines = [_line(rng, rng.choice(treatments)) for _ in range(rng.choice([1, 2, 3, 5, 12, 40]))]
    adjustments = [_adjustment(rng, lines) for _ in range(rng.choice([0, 0, 1, 1, 2, 3]))]
    try:
        return price(
            lines,
            adjustments,
            amount_type=rng.choice(["net", "gross"]),
            currency=currency,
            rounding=rng.choice(["document", "line"]),
        )
    except PricingRefused:
        return None


def _line(rng: random.Random, treatment: VatTreatment) -> DraftLine:
    quantity = rng.choice([Decimal(1), Decimal(rng.randint(1, 300)), Decimal(rng.randint(1, 99_999)).scaleb(-4)])
    unit_price = rng.choice([0, 1, 3, 99, 333, rng.randint(1, 500), rng.randint(1, 10**5), rng.randint(1, 10**9)])
    return DraftLine(
        rng.choice(NAMES),
        quantity,
        unit_price,
        treatment=treatment,
        discount=rng.choice([0, 0, 1, int(quantity * unit_price) // 3]) if unit_price else 0,
        details=rng.choice([None, "Second edition,\nhard cover"]),
        unit=rng.choice(["C62", "HUR", "KGM"]),
    )


def _adjustment(rng: random.Random, lines: list[DraftLine]) -> DraftAdjustment:
    """Shipping or a discount, for all lines or with a treatment of its own."""
    treatment = rng.choice([None, rng.choice(lines).treatment])
    return DraftAdjustment(rng.random() < 0.5, rng.choice(["Shipping", "", "Welcome"]), rng.randint(0, 900), treatment)


def _document(rng: random.Random, totals: Totals, number: str) -> DocumentContent:
    is_credit_note = rng.random() < 0.3
    paid = rng.choice([0, totals.total // 3, totals.total])
    priced = priced_content(totals)
    return DocumentContent(
        id=number,
        kind="credit_note" if is_credit_note else "invoice",
        livemode=True,
        language="de",
        currency=totals.currency,
        amount_type=totals.amount_type,
        seller=_seller(rng),
        lines=priced.lines,
        groups=priced.groups,
        adjustments=priced.adjustments,
        net=totals.net,
        vat=totals.vat,
        total=totals.total,
        paid=paid,
        number=number,
        issued_on=ISSUED_ON,
        supplied_on=rng.choice([None, ISSUED_ON - timedelta(days=3)]),
        buyer=BUYER,
        ship_to=rng.choice([None, replace(BUYER, name="Lager & Co")]),
        corrects=Preceding("INV-0001", ISSUED_ON - timedelta(days=20)) if is_credit_note else None,
        accounting=_accounting(rng, totals),
        payment=_payment(rng, is_paid=paid == totals.total),
        buyer_reference="04011000-12345-34",
        order_reference=rng.choice([None, "PO-77"]),
        notes=rng.choice([(), ("Reverse charge",), ("First", "Second\nline")]),
    )


def _seller(rng: random.Random) -> DocumentParty:
    """With and without what is not needed."""
    return replace(
        SELLER,
        registration_id=rng.choice([None, SELLER.registration_id]),
        register=rng.choice([None, SELLER.register]),
    )


def _payment(rng: random.Random, *, is_paid: bool) -> PaymentFacts:
    facts: dict[str, Any] = {"iban": IBAN, "account_name": SELLER.name}
    if is_paid:
        facts |= rng.choice(
            [
                {"method": "card", "brand": "visa", "last4": "4242"},
                {"method": "card"},
                {"method": "sepa_debit"},
                {"method": "paypal", "provider": "paypal"},
                {},
            ]
        )
    facts |= rng.choice([{}, {"terms": "Zahlbar binnen 14 Tagen"}, {"due_on": ISSUED_ON + timedelta(days=14)}])
    return PaymentFacts(**facts)


def _accounting(rng: random.Random, totals: Totals) -> AccountingVat | None:
    if totals.currency == "EUR" or rng.random() < 0.5:
        return None
    return AccountingVat("EUR", totals.vat // 2, Decimal("0.5"), "ECB", ISSUED_ON)
