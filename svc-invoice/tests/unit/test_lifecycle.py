"""Issued invoices: payments, reversals, credit notes, corrections and payment links."""

from typing import Any

import pytest
from invoice_world import LIVE, World

from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice_changes import CreditLine, InvoiceItem
from gateway_testkit.keys import TEST_ORGANIZATION
from invoice.domain.invoice import Invoice
from invoice.domain.printed import LookChoice
from invoice.rpc.records import credit_note_of, record_of

CREDIT_NOTES = f"{TEST_ORGANIZATION}:live:credit_note"


@pytest.fixture
def world() -> World:
    return World()


async def refused(attempt: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises((Conflict, Invalid)) as found:
        await attempt
    return found.value.code, found.value.data


async def test_several_payments_settle_an_invoice(world: World) -> None:
    issued = await world.issued()
    states = []

    for amount in (4000, 7900, 100):
        issued = await world.link(issued, world.payments.pay(amount))
        states.append((issued.state, issued.balance.outstanding))

    assert states == [("partially_settled", 7900), ("settled", 0), ("overpaid", 0)]
    assert [data["state"] for kind, data in world.events() if kind == "invoice.settled.v1"] == [
        "partially_settled",
        "settled",
        "overpaid",
    ]
    record = record_of(issued, world.deps.cipher)
    assert [one.settled for one in record.settlements] == [4000, 7900, 100]
    assert await world.problems() == []


async def test_a_payment_settles_one_invoice(world: World) -> None:
    first, second = await world.issued(), await world.issued()
    paid = world.payments.pay(11900)
    linked = await world.link(first, paid)

    assert await world.link(first, paid) == linked
    assert (await refused(world.link(second, paid)))[0] == "TRANSACTION_INVOICED"


@pytest.mark.parametrize(
    ("payment", "code"), [({"currency": "USD"}, "CURRENCY_DIFFERS"), ({"captured": 0}, "TRANSACTION_NOT_PAID")]
)
async def test_other_money_settles_nothing(world: World, payment: dict[str, Any], code: str) -> None:
    issued = await world.issued()

    assert (await refused(world.link(issued, world.payments.pay(**{"amount": 11900, **payment}))))[0] == code


async def test_each_payment_is_refunded_for_itself(world: World) -> None:
    first, second = world.payments.pay(4000), world.payments.pay(7900)
    issued = await world.link(await world.link(await world.issued(), first), second)

    note = await world.refund(second, 7900)

    after = await world.read(issued)
    assert note is not None
    assert (note.totals.total, note.transaction_ids) == (7900, (second,))
    assert [one.refunded for one in after.settlements] == [0, 7900]
    assert (after.state, after.credited, after.balance.outstanding) == ("partially_refunded", 7900, 0)
    assert await world.refund(first, 4000) is not None
    assert (await world.read(issued)).state == "refunded"
    assert await world.problems(CREDIT_NOTES) == []


async def test_a_surplus_goes_back_without_a_credit_note(world: World) -> None:
    paid = world.payments.pay(15000)
    issued = await world.link(await world.issued(), paid)
    assert issued.state == "overpaid"

    assert await world.refund(paid, 2000) is None
    note = await world.refund(paid, 2100)

    assert note is not None
    assert note.totals.total == 1000
    after = await world.read(issued)
    assert (after.credited, after.balance.surplus, after.balance.outstanding) == (1000, 0, 0)


async def test_a_void_is_a_credit_note_over_all(world: World) -> None:
    issued = await world.issued()

    voided = await world.void(issued, operation_id="op-1")

    assert (voided.state, voided.credited, voided.balance.outstanding) == ("voided", 11900, 0)
    [note] = await world.stores.invoices.find(None, LIVE, {"kind": "credit_note"})
    record = credit_note_of(note, world.deps.cipher)
    assert (record.number, record.reason, record.note, record.total) == (
        "CN-2026-00001",
        "void",
        "ordered twice",
        11900,
    )
    assert record.invoice_number == "INV-2026-00001"
    assert record.buyer is not None
    assert record.transaction_id is None
    assert world.event_types()[-2:] == ["credit_note.issued.v2", "invoice.voided.v1"]
    assert await world.void(issued, operation_id="op-1") == voided
    assert (await refused(world.void(issued)))[0] == "INVOICE_VOIDED"
    assert [await world.problems(), await world.problems(CREDIT_NOTES)] == [[], []]


async def test_paid_money_goes_back_first(world: World) -> None:
    issued = await world.link(await world.issued(), world.payments.pay(50))

    assert (await refused(world.void(issued)))[0] == "REFUND_REQUIRED"
    assert (await refused(world.credit(issued)))[0] == "REFUND_REQUIRED"
    assert await world.stores.invoices.find(None, LIVE, {"kind": "credit_note"}) == []


async def test_drafts_are_neither_voided_nor_credited_nor_corrected(world: World) -> None:
    draft = await world.draft()

    for attempt in (
        world.void(draft),
        world.credit(draft),
        world.correct(draft, notes="x"),
        world.payment_link(draft),
    ):
        assert (await refused(attempt))[0] == "INVOICE_NOT_ISSUED"


async def test_credit_notes_take_back_parts_and_then_the_rest(world: World) -> None:
    items = (
        InvoiceItem(description="Grinder", unit_price=11900, tax_rate="19"),
        InvoiceItem(description="Book", unit_price=1070, tax_rate="7"),
    )
    issued = await world.issued(items=items)

    part = await world.credit(issued, lines=(CreditLine(line=1, amount=1070),))
    assert [(line.description, line.vat_rate) for line in part.totals.lines] == [("Book", "7")]
    assert (part.totals.vat, part.totals.total) == (70, 1070)
    assert (await world.read(issued)).state == "open"

    rest = await world.credit(issued)
    assert (rest.totals.total, rest.numbering and rest.numbering.number) == (11900, "CN-2026-00002")
    assert (await world.read(issued)).state == "credited"
    assert (await refused(world.credit(issued)))[0] == "NOTHING_TO_CREDIT"
    assert (await refused(world.void(issued)))[0] == "NOTHING_TO_CREDIT"
    assert [data["reason"] for kind, data in world.events() if kind.startswith("credit_note")] == ["manual", "manual"]
    assert await world.problems(CREDIT_NOTES) == []


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((CreditLine(line=1, amount=1),), "UNKNOWN_LINE"),
        ((CreditLine(line=0, amount=11901),), "CREDIT_TOO_LARGE"),
    ],
)
async def test_wrong_lines_are_refused(world: World, lines: tuple[CreditLine, ...], code: str) -> None:
    assert (await refused(world.credit(await world.issued(), lines=lines)))[0] == code


async def test_a_correction_keeps_a_trail_and_the_seal(world: World) -> None:
    issued = await world.issued(buyer_reference="old")

    first = await world.correct(issued, buyer=Party(name="Anna Schmitt"), buyer_reference="04011000-12345-03")
    world.clock.advance(60)
    second = await world.correct(issued, reason="a note was missing", notes="Thank you")

    record = record_of(second, world.deps.cipher)
    assert record.buyer is not None
    assert (record.buyer.name, record.buyer.email) == ("Anna Schmitt", "anna@example.org")
    assert (record.buyer_reference, record.notes) == ("04011000-12345-03", "Thank you")
    assert [(entry.reason, entry.fields) for entry in record.corrections] == [
        ("a wrong name", ("buyerReference", "client")),
        ("a note was missing", ("notes",)),
    ]
    assert {entry.by for entry in record.corrections} == {"operator:65f0000000000000000000ee"}
    assert first.totals == issued.totals
    assert [data["fields"] for kind, data in world.events() if kind == "invoice.corrected.v1"] == [
        ["client", "buyerReference"],
        ["notes"],
    ]
    rows = world.database.stored("register")
    assert [row["correction"] for row in rows] == [None, 1, 2]
    assert await world.problems() == []
    assert (await world.issued()).numbering is not None
    assert await world.problems() == []


async def _overwrite(world: World, before: Invoice, after: Invoice) -> None:
    async with world.database.transaction() as writes:
        [row] = [row for row in world.database.stored("invoices") if row["_id"] == before.id]
        writes.replace("invoices", row | after.model_dump(exclude={"id"}))


async def test_a_changed_correction_is_found(world: World) -> None:
    issued = await world.issued(notes="first")
    corrected = await world.correct(issued, notes="second")
    [entry] = corrected.corrections

    for forged in (
        corrected.changed(corrections=()),
        corrected.changed(corrections=(entry, entry)),
        corrected.changed(corrections=(type(entry)(**{**vars(entry), "by": "operator:someone"}),)),
        corrected.changed(terms=type(corrected.terms)(notes="third")),
        corrected.changed(
            corrections=(type(entry)(**{**vars(entry), "terms": type(corrected.terms)(notes="zeroth")}),)
        ),
    ):
        await _overwrite(world, corrected, forged)
        assert await world.problems() != []
        await _overwrite(world, corrected, corrected)
        assert await world.problems() == []


async def test_a_correction_changes_something(world: World) -> None:
    issued = await world.issued(notes="x")

    assert (await refused(world.correct(issued, notes="x")))[0] == "NOTHING_CHANGED"
    assert (await refused(world.correct(issued)))[0] == "NOTHING_CHANGED"
    voided = await world.void(issued)
    assert (await refused(world.correct(voided, notes="y")))[0] == "INVOICE_VOIDED"


async def test_the_document_of_a_corrected_invoice_is_made_again(world: World) -> None:
    issued = await world.issued()
    task = await world.stores.render_tasks.get(None, LIVE, issued.id)
    assert task is not None
    assert await world.stores.render_tasks.now.replace(task, task.done(LookChoice(), None), guard=("render_state",))

    await world.correct(issued, notes="x")

    task = await world.stores.render_tasks.get(None, LIVE, issued.id)
    assert task is not None
    assert (task.render_state, task.pdf_object) == ("pending", None)


async def test_a_payment_link_carries_the_number(world: World) -> None:
    issued = await world.link(await world.issued(external_reference="ORDER-9"), world.payments.pay(900))

    link = await world.payment_link(issued)
    await world.payment_link(issued, amount=50, expire_in_hours=3)

    whole, part = world.payments.asked
    assert (link.amount, link.currency) == (11000, "EUR")
    assert link.payment_url == "https://pay.example/checkout/abc"
    assert (whole.amount, whole.invoice_number, whole.external_reference) == (11000, "INV-2026-00001", "ORDER-9")
    assert (whole.expire_in_hours, part.amount, part.expire_in_hours) == (336, 50, 3)
    assert whole.items == ()
    assert whole.party.email == "anna@example.org"
    world.settings.invoicing["autoPaymentLinkExpiresInHours"] = 48
    await world.payment_link(issued)
    assert world.payments.asked[-1].expire_in_hours == 48


async def test_what_is_not_outstanding_is_not_asked_for(world: World) -> None:
    issued = await world.issued()
    assert (await refused(world.payment_link(issued, amount=11901)))[0] == "AMOUNT_TOO_LARGE"
    almost = await world.link(issued, world.payments.pay(11851))
    assert (await refused(world.payment_link(almost)))[0] == "NOTHING_OUTSTANDING"
    voided = await world.void(await world.issued())
    assert (await refused(world.payment_link(voided)))[0] == "NOTHING_OUTSTANDING"
    assert world.payments.asked == []


async def test_credit_note_ids_are_those_of_the_caller(world: World) -> None:
    issued = await world.issued()
    identifier = new_object_id()

    assert (await world.credit(issued, credit_note_id=identifier)).id == identifier
