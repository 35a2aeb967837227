"""Documents that came into being as merchants make them: drafts that are issued, paid, credited, each in the register.

They are stratified: 300 of them have every category with every currency and every language, and every currency in every
language. Document ``n`` of a seed is always the same one.
"""

import random
from dataclasses import dataclass
from typing import Any, Final

from invoice_world import World

from gateway_contracts.events.transaction import Party
from gateway_contracts.languages import LANGUAGES
from gateway_contracts.requests.invoice_changes import CreditLine, InvoiceDiscount, InvoiceItem, InvoiceShipping
from gateway_testkit.keys import TEST_ORGANIZATION
from invoice.domain.content import DocumentContent
from invoice.domain.invoice import Invoice
from invoice.domain.printed import Paper
from invoice.domain.register import RegisterRow
from invoice.use_cases.document_content import content_of

CURRENCIES: Final = ("EUR", "JPY", "KWD", "CHF", "USD", "HUF", "SEK")
CATEGORIES: Final[dict[str, list[dict[str, str]]]] = {
    "S": [{"category": "S", "tax_rate": "19"}],
    "rates": [{"category": "S", "tax_rate": rate} for rate in ("19", "7", "7.7", "25.5")],
    "mixed": [
        {"category": "S", "tax_rate": "19"},
        {"category": "Z", "tax_rate": "0"},
        {"category": "E", "tax_rate": "0", "reason": "Umsatzsteuerfrei nach § 4 UStG"},
    ],
    "Z": [{"category": "Z", "tax_rate": "0"}],
    "E": [{"category": "E", "tax_rate": "0", "reason": "Kein Ausweis von Umsatzsteuer, § 19 UStG"}],
    "AE": [{"category": "AE", "tax_rate": "0"}],
    "K": [{"category": "K", "tax_rate": "0"}],
    "G": [{"category": "G", "tax_rate": "0"}],
    "O": [{"category": "O"}],
    "AE and S": [{"category": "AE", "tax_rate": "0"}, {"category": "S", "tax_rate": "19"}],
}
SETTINGS: Final[dict[str, Any]] = {
    "companyName": "Nordwind Handel GmbH",
    "companyAddress": {"street": "Speicherstraße 12", "city": "Hamburg", "postalCode": "20457", "country": "DE"},
    "companyContact": "Eva Marek",
    "companyEmail": "rechnung@nordwind.example",
    "companyPhone": "+49 40 1234567",
    "vatId": "DE123456788",
    "taxNumber": "22/815/08154",
    "bankIBAN": "DE89370400440532013000",
}
BUYER: Final = Party(
    name="Bücher & Söhne",
    email="anna@example.org",
    address1="Ringstraße 5",
    postcode="1010",
    city="Wien",
    country="AT",
    vat_id="ATU13585627",
)


@dataclass(frozen=True)
class Booked:
    """A document and what the books say of it.

    Attributes:
        money: that came for an invoice or went back with a credit note, as the ledger of payments has it; None where
            none moved.
    """

    content: DocumentContent
    row: RegisterRow
    document: Invoice
    paper: Paper
    money: int | None


def stratum(place: int) -> tuple[str, str, str]:
    """Categories, currency and language of a document."""
    block, category = divmod(place, len(CATEGORIES))
    return (
        list(CATEGORIES)[category],
        CURRENCIES[(block + category) % len(CURRENCIES)],
        LANGUAGES[block % len(LANGUAGES)],
    )


async def booked(seed: int, place: int) -> Booked:
    """One document, in a world of its own."""
    rng = random.Random(f"{seed}:{place}")  # noqa: S311  # the same documents every time
    category, currency, language = stratum(place)
    world = World()
    world.settings.invoicing |= SETTINGS
    invoice = await world.issued(
        currency=currency,
        language=language,
        buyer=BUYER,
        ship_to=BUYER,
        buyer_reference="04011000-12345-34",
        **_order(rng, CATEGORIES[category]),
    )
    document, money = await _moved(world, rng, invoice, place % 4)
    content = content_of(
        document,
        world.deps.cipher.open_seller(document),
        world.deps.cipher.open_buyer(document),
        world.deps.cipher.open_ship_to(document),
    )
    register = f"{TEST_ORGANIZATION}:live:{document.kind}"
    assert await world.problems(register) == []
    [row] = [row async for row in world.stores.register.each({"register": register}, sort=(("position", 1),))]
    return Booked(content, row, document, rng.choice(("a4", "letter")), money)


async def _moved(world: World, rng: random.Random, invoice: Invoice, way: int) -> tuple[Invoice, int | None]:
    """The invoice open or paid, or a credit note by hand or by a refund; and the money that moved."""
    total, currency = invoice.totals.total, invoice.totals.currency
    if way == 0:
        return invoice, None
    if way == 1:
        largest = max(range(len(invoice.totals.lines)), key=lambda place: invoice.totals.lines[place].total)
        amount = rng.randint(1, max(invoice.totals.lines[largest].total // 2, 1))
        lines = rng.choice([(), (CreditLine(line=largest, amount=amount),)])
        return await world.credit(invoice, lines=lines), None
    payment = world.payments.pay(total, currency=currency)
    paid = await world.link(invoice, payment)
    assert paid.balance.outstanding == 0
    if way == 2:
        return paid, world.payments.paid[payment].captured
    refunded = rng.choice([total, rng.randint(1, total)])
    note = await world.refund(payment, refunded, currency=currency)
    assert note is not None
    return note, refunded


def _order(rng: random.Random, treatments: list[dict[str, str]]) -> dict[str, Any]:
    """Items whose descriptions are numbered, in one of both terms, with discount and shipping."""
    amount_type = rng.choice(["net", "gross"])
    count = rng.choice([1, 2, 3, 5, 12, 60])
    items = tuple(_item(rng, number, treatments, amount_type) for number in range(1, count + 1))
    shipping = InvoiceShipping(amount=rng.randint(1, 2_000), **rng.choice(treatments))
    return {
        "items": items,
        "shipping": rng.choice([None, shipping]),
        "discount": rng.choice([None, InvoiceDiscount(amount=rng.randint(1, 40))]),
    }


def _item(rng: random.Random, number: int, treatments: list[dict[str, str]], amount_type: str) -> InvoiceItem:
    quantity = rng.choice(["1", str(rng.randint(1, 300)), f"{rng.randint(1, 9_999)}.{rng.randint(1, 9_999):04}"])
    # The first line is worth more than any discount.
    price = rng.randint(500, 10**7) if number == 1 else rng.choice([0, 1, 99, 333, rng.randint(1, 10**7)])
    treatment = treatments[0] if number == 1 else rng.choice(treatments)
    return InvoiceItem(
        description=f"#{number} Book", quantity=quantity, unit_price=price, amount_type=amount_type, **treatment
    )
