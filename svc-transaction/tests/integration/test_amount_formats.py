"""Shops that write hundredths of every currency: stored money is right, and they read back what they wrote."""

from datetime import UTC, datetime
from typing import Any

import pytest
from transaction_world import World

from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.ids import new_object_id
from gateway_contracts.money import Money
from gateway_contracts.requests.case import CaseQuery
from gateway_contracts.requests.operation import CreateManualTransaction
from gateway_contracts.requests.transaction import RecordReceipt, TransactionQuery
from transaction.use_cases.create_checkout import create_checkout
from transaction.use_cases.create_manual import create_manual
from transaction.use_cases.get_checkout import get_checkout
from transaction.use_cases.get_status import get_status
from transaction.use_cases.get_transaction import get_transaction
from transaction.use_cases.list_cases import list_cases
from transaction.use_cases.list_transactions import list_transactions
from transaction.use_cases.record_receipt import record_receipt
from transaction.use_cases.sync_return import sync_return
from transaction.views import dispute_record

pytestmark = pytest.mark.integration

ORDERS = [("JPY", 100_000, 1_000), ("UGX", 5_000_000, 50_000), ("ISK", 199_900, 1_999), ("EUR", 4_900, 4_900)]
ORDERS += [("KWD", 1_050, 10_500)]


def order(currency: str, total: int, **changes: Any) -> dict[str, Any]:
    """Goods, shipping and a discount, as a plugin sends them: hundredths."""
    items = (
        TransactionLine(name="Shirt", quantity=1, unit_price=total),
        TransactionLine(name="Shipping", quantity=1, unit_price=50_000, item_type="shipping"),
        TransactionLine(name="Voucher", quantity=5, unit_price=-10_000, item_type="discount"),
    )
    return {"amount": total, "currency": currency, "items": items, "amount_format": "hundredths", **changes}


async def put(world: World, **changes: Any) -> Any:
    command = world.command(**changes)
    await create_checkout(command, scope=world.scope, site_id=None, operation_id=None, deps=world.deps)
    return await world.deps.checkouts.get(None, world.scope, command.checkout_id)


@pytest.mark.parametrize(("currency", "written", "minor"), ORDERS)
async def test_a_checkout_is_stored_in_minor_units_and_read_as_it_was_written(
    world: World, currency: str, written: int, minor: int
) -> None:
    stored = await put(world, **order(currency, written))
    scale = minor / written

    assert (stored.amount, stored.amount_format) == (minor, "hundredths")
    assert [item.unit_price for item in stored.items] == [minor, 50_000 * scale, -10_000 * scale]
    (created,) = await world.events("checkout.created.v1")
    assert created["data"]["amount"] == minor
    record = await get_checkout(stored.id, scope=world.scope, deps=world.deps)
    assert (record.amount, record.amount_format) == (written, "hundredths")
    assert [item.unit_price for item in record.items] == [written, 50_000, -10_000]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"amount": 1_050, "currency": "JPY", "items": ()}, ["amount"]),
        ({"amount": 199_950, "currency": "ISK", "items": ()}, ["amount"]),
        (
            {
                "amount": 100_000,
                "currency": "UGX",
                "items": (
                    TransactionLine(name="A", quantity=2, unit_price=50_050),
                    TransactionLine(name="B", quantity=1, unit_price=-100, item_type="discount"),
                ),
            },
            ["items[0].unitPrice"],
        ),
    ],
)
async def test_what_is_no_whole_unit_is_refused_by_its_field(
    world: World, changes: dict[str, Any], fields: list[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        await put(world, amount_format="hundredths", **changes)
    assert (caught.value.code, [problem.field for problem in caught.value.details]) == ("AMOUNT_NOT_EXACT", fields)


async def test_amounts_are_bounded_after_they_were_read(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        await put(world, amount=10**13, currency="KWD", items=(), amount_format="hundredths")
    assert [problem.field for problem in caught.value.details] == ["amount"]


async def test_a_sum_that_does_not_match_is_reported_in_the_shops_numbers(world: World) -> None:
    with pytest.raises(Invalid) as caught:
        await put(world, **order("JPY", 100_000, amount=110_000))
    assert "(100000) does not match total amount (110000)" in caught.value.message


@pytest.mark.parametrize(("currency", "written", "minor"), ORDERS)
async def test_a_payment_and_its_refunds(world: World, currency: str, written: int, minor: int) -> None:
    paid = await _paid(world, currency, written)
    assert (paid.amount, paid.captured, paid.amount_format) == (minor, minor, "hundredths")

    part = written // 10
    part -= part % 100
    first = await world.refund(paid.id, lines=(RefundLine(line=0, amount=part),))
    assert (first.amount, first.lines[0].amount, first.amount_format) == (part, part, "hundredths")
    asked = world.providers.refunds["re_1"].amount
    assert asked.amount_minor * written == part * minor

    record = await get_transaction(paid.id, scope=world.scope, deps=world.deps)
    amounts = (record.amount, record.captured, record.refunded, record.refundable)
    assert amounts == (written, written, part, written - part)
    page = await list_transactions(TransactionQuery(), scope=world.scope, deps=world.deps)
    assert [row.refundable for row in page.transactions] == [written - part]
    with pytest.raises(Conflict) as caught:
        await world.refund(paid.id, written)
    assert (caught.value.data["refundable"], caught.value.data["captured"]) == (written - part, written)

    last = await world.refund(paid.id)
    assert last.amount == written - part
    await world.verify()


async def _paid(world: World, currency: str, written: int) -> Any:
    """Found paid when the customer comes back from the provider, which knows minor units alone."""
    session = await world.checkout(**order(currency, written))
    started = await world.pay(session)
    world.providers.set_state("pi_1", "succeeded", received=Money(session.amount, currency))
    await sync_return(world.own(session, started.transaction_id), deps=world.deps)
    return await world.transaction(started.transaction_id)


async def test_a_refund_of_a_part_of_a_unit_is_refused(world: World) -> None:
    paid = await _paid(world, "JPY", 100_000)
    with pytest.raises(Invalid) as caught:
        await world.refund(paid.id, 1_050)
    assert (caught.value.code, caught.value.details[0].field) == ("AMOUNT_NOT_EXACT", "amount")
    with pytest.raises(Invalid) as caught:
        await world.refund(paid.id, lines=(RefundLine(line=0, amount=1_000), RefundLine(line=1, amount=50)))
    assert caught.value.details[0].field == "lines[1].amount"
    with pytest.raises(Invalid) as caught:
        await world.refund(paid.id, 1_000, lines=(RefundLine(line=0, amount=900),))
    assert "(900) does not match the amount (1000)" in caught.value.message


async def test_money_on_the_bank_account(world: World) -> None:
    started = await world.pay(await world.checkout(**order("JPY", 100_000)), world.wire_id)
    assert started.next_action.bank_details.amount == 1_000
    assert started.amount_format == "hundredths"

    async def receive(amount: int, reference: str) -> Any:
        receipt = RecordReceipt(
            transaction_id=started.transaction_id,
            amount=amount,
            currency="JPY",
            received_at=datetime(2026, 1, 16, tzinfo=UTC),
            bank_reference=reference,
        )
        return await record_receipt(receipt, scope=world.scope, deps=world.deps)

    with pytest.raises(Invalid) as caught:
        await receive(60_050, "B-0")
    assert caught.value.details[0].field == "amount"
    assert (await receive(60_000, "B-1")).received == 60_000
    assert (await receive(60_000, "B-1")).received == 60_000
    assert (await receive(70_000, "B-2")).captured == 100_000
    assert (await world.transaction(started.transaction_id)).received == 1_300
    cases = await list_cases(CaseQuery(), scope=world.scope, deps=world.deps)
    assert [(case.amount, case.amount_format) for case in cases.cases] == [(30_000, "hundredths")]


async def test_a_payment_that_was_made_elsewhere(world: World) -> None:
    request = CreateManualTransaction(
        transaction_id=new_object_id(),
        site_id=world.site_id,
        amount=100_000,
        currency="JPY",
        received_at=datetime(2026, 1, 16, tzinfo=UTC),
        external_reference="order-1",
        items=(TransactionLine(name="Shirt", quantity=1, unit_price=100_000),),
        amount_format="hundredths",
    )
    record = await create_manual(request, scope=world.scope, site_id=None, operation_id=None, deps=world.deps)
    assert (record.amount, record.captured, record.amount_format) == (100_000, 100_000, "hundredths")
    stored = await world.transaction(record.id)
    assert (stored.amount, stored.captured, stored.lines[0].unit_price) == (1_000, 1_000, 1_000)
    await world.verify()


async def test_a_dispute_and_the_refusal_after_it(world: World) -> None:
    """The refusal answers the shop of the new checkout, so it speaks that shop's format."""
    paid = await _paid(world, "JPY", 100_000)
    await world.deliver(
        world.event(
            "charge.dispute.created",
            "dp_1",
            object="dispute",
            payment_intent="pi_1",
            amount=1_000,
            currency="jpy",
            status="needs_response",
        )
    )
    (dispute,) = await world.deps.disputes.of_transaction(world.scope, paid.id)
    assert (dispute.amount, dispute_record(dispute).amount) == (1_000, 100_000)
    for changes, amount in ((order("EUR", 4_900), 100_000), ({}, 1_000)):
        with pytest.raises(Conflict) as caught:
            await world.checkout(**changes)
        assert (caught.value.data["amount"], caught.value.data["currency"]) == (amount, "JPY")


async def test_another_setting_later_reads_nothing_anew(world: World) -> None:
    """A checkout keeps the format that it was made with; so do its payments and their refunds."""
    world.tenants.change_site(amountFormat="minor")
    session = await world.checkout(**order("JPY", 100_000))
    world.tenants.change_site(amountFormat="hundredths")
    plain = await world.checkout(amount=1_000, currency="JPY", items=(), party=Party(email="b@example.com"))
    first, second = await world.pay(session), await world.pay(plain)

    records = [
        await get_transaction(each.transaction_id, scope=world.scope, deps=world.deps) for each in (first, second)
    ]
    assert [(each.amount, each.amount_format) for each in records] == [(100_000, "hundredths"), (1_000, "minor")]
    view = await get_status(world.own(session, first.transaction_id), deps=world.deps)
    assert (view.amount, view.amount_format) == (1_000, "hundredths")
    assert (session.amount, session.amount_format) == (1_000, "hundredths")
