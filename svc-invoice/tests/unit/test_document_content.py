"""Content of documents: amounts, parties, and what the life of an invoice adds."""

from datetime import date
from decimal import Decimal

import pytest
from invoice_world import BUYER, World

from gateway_contracts.events.transaction import Party
from gateway_contracts.requests.invoice_changes import InvoiceDiscount, InvoiceItem, InvoiceShipping
from invoice.domain.content import DocumentContent, RoutingAddress
from invoice.domain.invoice import Invoice
from invoice.use_cases.document_content import content_of


@pytest.fixture
def world() -> World:
    return World()


def shown(world: World, document: Invoice) -> DocumentContent:
    cipher = world.deps.cipher
    return content_of(
        document, cipher.open_seller(document), cipher.open_buyer(document), cipher.open_ship_to(document)
    )


async def test_an_open_invoice(world: World) -> None:
    world.settings.invoicing |= {"footer": "Nordwind GmbH", "paymentTermDays": 14}
    items = (
        InvoiceItem(description="Consulting", quantity="2.5", unit_price=10000, amount_type="net", tax_rate="19"),
        InvoiceItem(description="Book", unit_price=2000, amount_type="net", tax_rate="7"),
    )
    buyer = BUYER.model_copy(update={"company": "Example GmbH", "routing_scheme": "9930", "routing_id": "DE1"})
    issued = await world.issued(
        items=items,
        buyer=buyer,
        ship_to=Party(name="Warehouse", city="Bremen", country="de"),
        discount=InvoiceDiscount(amount=1000, description="Regular"),
        shipping=InvoiceShipping(amount=500, tax_rate="19"),
        buyer_reference="04011000-12345-03",
        order_reference="PO-1",
        notes="Thank you",
        payment_terms="14 days net",
    )

    content = shown(world, issued)

    assert (content.kind, content.number, content.paid, content.due) == ("invoice", "INV-2026-00001", 0, content.total)
    assert [(line.quantity, line.unit_price, line.total) for line in content.lines][:2] == [
        (Decimal("2.5"), 10000, 25000),
        (Decimal(1), 2000, 2000),
    ]
    assert {(group.vat.category, group.vat.rate) for group in content.groups} == {("S", "19"), ("S", "7")}
    added = [one.net if one.is_charge else -one.net for one in content.adjustments]
    assert sum(line.net for line in content.lines) + 500 - 1000 == content.net
    assert sum(added) == 500 - 1000
    assert content.buyer is not None
    assert (content.buyer.name, content.buyer.contact) == ("Example GmbH", "Anna Schmidt")
    assert content.buyer.routing == RoutingAddress("9930", "DE1")
    assert content.ship_to is not None
    assert (content.ship_to.name, content.ship_to.address.country) == ("Warehouse", "DE")
    assert (content.buyer_reference, content.order_reference, content.notes) == (
        "04011000-12345-03",
        "PO-1",
        ("Thank you",),
    )
    assert content.footer == "Nordwind GmbH"
    assert (content.payment.terms, content.payment.reference) == ("14 days net", "INV-2026-00001")
    assert content.payment.due_on is not None
    assert content.payment.due_on > date(2026, 1, 1)


async def test_later_money_is_not_on_the_document_and_corrections_are(world: World) -> None:
    issued = await world.issued()
    before = shown(world, issued)

    paid = await world.link(issued, world.payments.pay(11900))
    assert shown(world, paid) == before

    corrected = await world.correct(paid, buyer=Party(name="Anna Schmitt"), notes="Corrected")
    after = shown(world, corrected)
    assert after.buyer is not None
    assert (after.buyer.name, after.notes, after.total) == ("Anna Schmitt", ("Corrected",), before.total)


async def test_a_draft_is_a_pro_forma_and_states_what_was_paid(world: World) -> None:
    draft = await world.link(await world.draft(), world.payments.pay(5000))

    content = shown(world, draft)
    issued = shown(world, await world.issue(draft))

    assert (content.kind, content.number, content.paid) == ("pro_forma", None, 5000)
    assert (issued.kind, issued.paid, issued.due) == ("invoice", 5000, 6900)
    assert issued.payment.provider == "stripe"


async def test_a_reversal_names_the_invoice_and_the_reason(world: World) -> None:
    issued = await world.issued()
    await world.void(issued)
    [note] = await world.stores.invoices.find(None, issued.scope, {"kind": "credit_note"})

    content = shown(world, note)

    assert content.corrects is not None
    assert (content.kind, content.corrects.number, content.total) == ("credit_note", "INV-2026-00001", 11900)
    assert (content.payment.reason, content.notes, content.payment.provider) == ("void", ("ordered twice",), None)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"category": "Z"}, ("Z", "0")),
        ({"category": "O"}, ("O", None)),
        ({"category": "E", "reason": "§ 4 UStG"}, ("E", "0")),
        ({"tax_rate": "0"}, ("Z", "0")),
        ({"tax_rate": "7"}, ("S", "7")),
        ({}, (None, None)),
    ],
)
async def test_categories(world: World, item: dict[str, str], expected: tuple[str | None, str | None]) -> None:
    issued = await world.issued(
        items=(InvoiceItem.model_validate({"description": "x", "unitPrice": 100, **_camel(item)}),)
    )

    content = shown(world, issued)

    assert [(line.vat.category, line.vat.rate) for line in content.lines] == [expected]
    assert [(group.vat.category, group.vat.rate) for group in content.groups] == [expected]


def _camel(fields: dict[str, str]) -> dict[str, str]:
    return {{"tax_rate": "taxRate"}.get(name, name): value for name, value in fields.items()}
