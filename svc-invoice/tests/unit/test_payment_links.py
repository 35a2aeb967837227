"""Payment pages of invoices: kept, shown while something can be paid by them, and made at the issue."""

from datetime import timedelta

import pytest
from invoice_world import LIVE, World

from gateway_contracts.errors import Conflict, Transient
from gateway_contracts.requests.invoice import InvoiceRecord
from gateway_contracts.requests.transaction import CheckoutCreated, CreateCheckout
from invoice.domain.invoice import Invoice
from invoice.domain.legal_content import legal_content
from invoice.domain.printed import LookChoice
from invoice.rpc.records import record_of
from invoice.use_cases.automatic_links import AutomaticLinks
from invoice.use_cases.issue_drafts import IssueDraft

URL = "https://pay.example/checkout/abc"


@pytest.fixture
def world() -> World:
    world = World()
    world.payments.expires_at = world.clock.now() + timedelta(hours=336)
    return world


def shown(world: World, invoice: Invoice) -> InvoiceRecord:
    return record_of(invoice, world.deps.cipher, now=world.clock.now())


async def rendered(world: World, invoice: Invoice) -> Invoice:
    """As after its document was made."""
    task = await world.stores.render_tasks.get(None, LIVE, invoice.id)
    assert task is not None
    assert await world.stores.render_tasks.now.replace(task, task.done(LookChoice(), None), guard=("render_state",))
    return await world.read(invoice)


async def state_of(world: World, invoice: Invoice) -> str | None:
    task = await world.stores.render_tasks.get(None, LIVE, invoice.id)
    assert task is not None
    return task.render_state


async def test_the_page_is_kept_and_the_document_made_again(world: World) -> None:
    issued = await rendered(world, await world.issued())
    before = legal_content(issued)

    link = await world.payment_link(issued)

    invoice = await world.read(issued)
    assert invoice.payment_link is not None
    assert (invoice.payment_link.checkout_id, invoice.payment_link.amount) == (link.id, 11900)
    found = shown(world, invoice).payment_link
    assert found is not None
    assert (found.payment_url, found.amount, found.expires_at) == (URL, 11900, world.payments.expires_at)
    assert URL not in str(world.database.stored("invoices"))
    assert await state_of(world, issued) == "pending"
    assert invoice.printable_link(world.clock.now()) == invoice.payment_link
    # It is no part of what the register seals.
    assert legal_content(invoice) == before
    assert await world.problems() == []
    assert record_of(invoice).payment_link is None


async def test_a_page_over_a_part_is_shown_and_not_printed(world: World) -> None:
    issued = await rendered(world, await world.issued())

    await world.payment_link(issued, amount=5000)

    invoice = await world.read(issued)
    assert shown(world, invoice).payment_link is not None
    assert invoice.printable_link(world.clock.now()) is None
    assert await state_of(world, issued) == "done"


async def test_the_latest_page_is_kept(world: World) -> None:
    issued = await world.issued()
    await world.payment_link(issued)
    second = await world.payment_link(issued)

    invoice = await world.read(issued)
    assert invoice.payment_link is not None
    assert invoice.payment_link.checkout_id == second.id


async def test_pages_that_expired_are_not_shown(world: World) -> None:
    issued = await world.issued()
    await world.payment_link(issued)

    world.clock.advance(336 * 3600)

    assert shown(world, await world.read(issued)).payment_link is None


async def test_pages_by_which_nothing_can_be_paid_are_not_shown(world: World) -> None:
    settled, used, voided = [await world.issued() for _ in range(3)]
    for invoice in (settled, voided):
        await world.payment_link(invoice)
    part = await world.payment_link(used, amount=5000)

    await world.link(settled, world.payments.pay(11900))
    await world.link(used, world.payments.pay(5000, checkout_id=part.id))
    await world.void(voided)

    for invoice in (settled, used, voided):
        assert shown(world, await world.read(invoice)).payment_link is None


class Refusing:
    """Checkouts that are refused."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def __call__(self, scope: object, command: CreateCheckout, *, operation_id: str | None) -> CheckoutCreated:
        raise self.error


@pytest.fixture
def automatic(world: World) -> AutomaticLinks:
    world.settings.invoicing["autoPaymentLinkExpiresInHours"] = 48
    return AutomaticLinks(world.deps, page_origin="https://pay.example")


async def test_an_open_invoice_gets_its_page_before_it_is_printed(world: World, automatic: AutomaticLinks) -> None:
    issued = await world.issued()
    assert shown(world, issued).payment_link is None
    assert world.payments.asked == []

    invoice = await automatic.made(issued)
    again = await automatic.made(invoice)

    [asked] = world.payments.asked
    assert (asked.amount, asked.expire_in_hours, asked.invoice_number) == (11900, 48, "INV-2026-00001")
    found = shown(world, invoice).payment_link
    assert found is not None
    assert found.payment_url == URL
    assert again == invoice == await world.read(issued)


async def test_a_draft_from_a_payment_gets_a_page_for_what_is_open(world: World, automatic: AutomaticLinks) -> None:
    draft = await world.link(await world.draft(), world.payments.pay(1900))
    [issued] = await world.outcomes([IssueDraft(LIVE, draft.id, is_due=True)])
    assert isinstance(issued, Invoice)

    await automatic.made(issued)

    assert [asked.amount for asked in world.payments.asked] == [10000]


async def test_a_paid_invoice_gets_none(world: World, automatic: AutomaticLinks) -> None:
    paid = await world.issue(await world.link(await world.draft(), world.payments.pay(11900)))
    almost = await world.issue(await world.link(await world.draft(), world.payments.pay(11851)))
    issued = await world.issued()
    late = await world.link(issued, world.payments.pay(100))

    for invoice in (paid, almost, late):
        assert (await automatic.made(invoice)).payment_link is None
    assert world.payments.asked == []


async def test_without_the_setting_or_the_origin_there_is_none(world: World, automatic: AutomaticLinks) -> None:
    issued = await world.issued()
    assert issued.payment_link is not None
    assert (await AutomaticLinks(world.deps, page_origin="").made(issued)).payment_link is None
    del world.settings.invoicing["autoPaymentLinkExpiresInHours"]

    assert (await world.issued()).payment_link is None


async def test_an_owner_that_refuses_ends_it_and_one_that_is_away_does_not(
    world: World, automatic: AutomaticLinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = await world.issued()
    monkeypatch.setattr(world.payments, "create_checkout", Refusing(Transient("away", code="UNAVAILABLE")))
    with pytest.raises(Transient):
        await automatic.made(issued)
    assert (await world.read(issued)).payment_link == issued.payment_link

    monkeypatch.setattr(world.payments, "create_checkout", Refusing(Conflict("on hold", code="CUSTOMER_ON_HOLD")))
    assert (await automatic.made(issued)).payment_link is None


async def test_the_page_of_its_merchant_stays(world: World, automatic: AutomaticLinks) -> None:
    issued = await world.issued()
    link = await world.payment_link(issued)

    invoice = await automatic.made(issued)

    assert invoice.payment_link is not None
    assert invoice.payment_link.checkout_id == link.id
