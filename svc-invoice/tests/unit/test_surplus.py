"""Money that goes back without a credit note: it is decided once, found, and may come again."""

import pytest
from invoice_world import LIVE, World

from gateway_contracts.ids import new_event_id, new_object_id
from gateway_contracts.requests.invoice import InvoiceState
from gateway_kit.mongo.unit_of_work import InboxKey
from gateway_testkit.keys import TEST_ORGANIZATION
from invoice.domain.invoice import Invoice
from invoice.domain.reversal import Reversal
from invoice.use_cases.find_correction import find_correction
from invoice.use_cases.restore_money import restore_money


@pytest.fixture
def world() -> World:
    return World()


async def overpaid(world: World) -> tuple[Invoice, str]:
    payment = world.payments.pay(20000)
    return await world.link(await world.issued(), payment), payment


async def correction(world: World, payment: str, origin: str) -> str:
    found = await find_correction(payment, origin, scope=LIVE, stores=world.stores)
    return found if isinstance(found, str) else found.id


async def test_a_surplus_that_went_back_has_no_correction_and_is_known(world: World) -> None:
    invoice, payment = await overpaid(world)
    origin = new_object_id()
    assert await correction(world, payment, origin) == "unknown"

    assert await world.refund(payment, 8100, origin_id=origin) is None

    assert await correction(world, payment, origin) == "none"
    assert (await world.read(invoice)).balance.surplus == 0


async def test_another_event_about_the_same_money_moves_none(world: World) -> None:
    invoice, payment = await overpaid(world)
    origin = new_object_id()
    await world.refund(payment, 5000, origin_id=origin)

    await world.refund(payment, 5000, origin_id=origin)

    assert (await world.read(invoice)).balance.refunded == 5000


async def test_what_exceeds_the_surplus_has_a_credit_note(world: World) -> None:
    _, payment = await overpaid(world)
    origin = new_object_id()

    note = await world.refund(payment, 10000, origin_id=origin)

    assert note is not None
    assert note.totals.total == 1900
    assert await correction(world, payment, origin) == note.id


@pytest.mark.parametrize(("amount", "state"), [(8100, "overpaid"), (100, "overpaid")])
async def test_a_surplus_whose_refund_failed_is_one_again(world: World, amount: int, state: InvoiceState) -> None:
    invoice, payment = await overpaid(world)
    origin = new_object_id()
    await world.refund(payment, amount, origin_id=origin)
    reversal = Reversal(TEST_ORGANIZATION, True, payment, "refund", origin, amount, "EUR", world.clock.now())

    for _ in range(2):
        inbox = InboxKey("invoice-on-refunds", new_event_id())
        assert await restore_money(reversal, inbox=inbox, uow=world.deps.uow, stores=world.stores) is None

    restored = await world.read(invoice)
    assert (restored.balance.surplus, restored.balance.refunded, restored.state) == (8100, 0, state)


async def test_money_of_another_currency_has_no_correction(world: World) -> None:
    payment = world.payments.pay(11900)
    invoice = await world.link(await world.issued(), payment)
    origin = new_object_id()

    assert await world.refund(payment, 100, currency="USD", origin_id=origin) is None

    assert await correction(world, payment, origin) == "none"
    assert (await world.read(invoice)).balance.refunded == 0


async def test_a_draft_learns_of_the_money_once(world: World) -> None:
    payment = world.payments.pay(11900)
    draft = await world.link(await world.draft(), payment)
    origin = new_object_id()

    for _ in range(2):
        assert await world.refund(payment, 100, origin_id=origin) is None

    assert (await world.read(draft)).balance.refunded == 100
    assert await correction(world, payment, origin) == "none"
