"""Drafts: written, completed, issued by hand or by themselves, and gone without a trace."""

from datetime import timedelta
from typing import Any

import pytest
from invoice_world import BUYER, ITEM, LIVE, SITE, World

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import Conflict, GatewayError, Invalid, NotFound
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice_changes import (
    ChangeNotes,
    DraftFromTransaction,
    InvoiceDiscount,
    InvoiceItem,
    InvoiceShipping,
    PreviewDraft,
    ScheduleDraft,
)
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from invoice.domain.invoice import Invoice
from invoice.ports import SoldOrder
from invoice.rpc.records import preview_of
from invoice.use_cases.delete_draft import delete_draft
from invoice.use_cases.finalize_drafts import finalize_drafts
from invoice.use_cases.issue_drafts import IssueDraft
from invoice.use_cases.paid_transaction import draft_from_transaction
from invoice.use_cases.write_draft import change_notes, preview_draft, schedule_draft

NET: dict[str, Any] = {"description": "Consulting", "unit_price": 10000, "amount_type": "net", "tax_rate": "19"}


@pytest.fixture
def world() -> World:
    return World()


async def delete(world: World, draft: Invoice, scope: Scope = LIVE) -> None:
    await delete_draft(draft.id, scope=scope, operation_id=None, deps=world.deps)


async def test_a_draft_is_written_and_issued(world: World) -> None:
    draft = await world.draft(due_date="2026-02-01", order_reference="PO-1", notes="Thank you")

    assert (draft.state, draft.numbering, draft.draft_reasons) == ("draft", None, ())
    assert (draft.totals.net, draft.totals.vat, draft.totals.total) == (10000, 1900, 11900)
    assert world.event_types() == []

    issued = await world.issue(draft)

    assert issued.numbering is not None
    assert (issued.numbering.number, issued.state) == ("INV-2026-00001", "open")
    assert issued.balance.outstanding == 11900
    assert issued.dates is not None
    assert issued.dates.paid_on is None
    assert (issued.terms.due_on, issued.terms.order_reference, issued.terms.notes) == (
        "2026-02-01",
        "PO-1",
        "Thank you",
    )
    assert world.event_types() == ["invoice.issued.v1"]
    assert await world.problems() == []
    task = await world.stores.render_tasks.get(None, LIVE, issued.id)
    assert task is not None
    assert task.render_state == "pending"


async def test_a_preview_is_priced_like_the_draft_and_stores_nothing(world: World) -> None:
    content: dict[str, Any] = {
        "items": (InvoiceItem(**NET), InvoiceItem(**NET | {"quantity": "0.5", "tax_rate": "7"})),
        "discount": InvoiceDiscount(amount=1000),
        "shipping": InvoiceShipping(amount=500, tax_rate="19"),
    }
    shown = preview_draft(
        PreviewDraft(site_id=SITE, currency="EUR", buyer=BUYER, **content), scope=LIVE, deps=world.deps
    )
    assert await world.stores.invoices.find(None, LIVE, {}) == []

    draft = await world.draft(**content)

    assert (shown.totals, shown.draft_reasons) == (draft.totals, draft.draft_reasons)
    record = preview_of(shown)
    assert (record.net, record.vat, record.total) == (draft.totals.net, draft.totals.vat, draft.totals.total)
    assert {group.rate: group.category for group in record.vat_groups} == {"19": "S", "7": "S"}


def test_a_preview_names_what_is_missing(world: World) -> None:
    shown = preview_draft(PreviewDraft(site_id=SITE, currency="EUR"), scope=LIVE, deps=world.deps)
    assert preview_of(shown).draft_reasons == ("ITEMS_REQUIRED", "BUYER_REQUIRED")


@pytest.mark.parametrize(
    ("values", "scope", "refusal"),
    [
        ({"site_id": "65a5000000000000000000bb"}, LIVE, NotFound),
        ({}, Scope(TEST_ORGANIZATION, livemode=True, site_id="65a5000000000000000000bb"), NotFound),
        ({"discount": InvoiceDiscount(amount=1)}, LIVE, Invalid),
    ],
)
def test_a_preview_is_refused_like_the_draft(
    world: World, values: dict[str, Any], scope: Scope, refusal: type[GatewayError]
) -> None:
    command = PreviewDraft(**{"site_id": SITE, "currency": "EUR", **values})
    with pytest.raises(refusal):
        preview_draft(command, scope=scope, deps=world.deps)


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ({"items": ()}, ("ITEMS_REQUIRED",)),
        ({"buyer": None}, ("BUYER_REQUIRED",)),
        ({"items": (), "buyer": Party()}, ("ITEMS_REQUIRED", "BUYER_REQUIRED")),
        ({"items": (InvoiceItem(description="Free", unit_price=0),)}, ("TOTAL_REQUIRED",)),
        ({"items": (ITEM, InvoiceItem(description="Other", unit_price=1))}, ("TAX_RATE_REQUIRED",)),
        ({"items": (InvoiceItem(description="x", unit_price=1, category="S"),)}, ("VAT_RATE_INVALID",)),
        ({"items": (InvoiceItem(description="x", unit_price=1, category="E"),)}, ("VAT_REASON_REQUIRED",)),
        (
            {"items": (InvoiceItem(description="x", unit_price=1, category="AE", tax_rate="19"),)},
            ("VAT_RATE_INVALID",),
        ),
    ],
)
async def test_a_draft_says_what_it_lacks_and_is_completed(
    world: World, values: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    draft = await world.draft(**values)

    assert draft.draft_reasons == reasons
    with pytest.raises(Conflict) as refused:
        await world.issue(draft)
    assert (refused.value.code, refused.value.data["reasons"]) == ("INVOICE_INCOMPLETE", list(reasons))

    completed = await world.replaced(draft)
    assert completed.draft_reasons == ()
    assert (await world.issue(completed)).state == "open"


@pytest.mark.parametrize(
    ("values", "amounts"),
    [
        ({"items": (InvoiceItem(**NET),)}, (10000, 1900, 11900)),
        ({"items": (InvoiceItem(**{**NET, "quantity": "2.5"}),)}, (25000, 4750, 29750)),
        ({"items": (InvoiceItem(**{**NET, "quantity": "0.3333"}),)}, (3333, 633, 3966)),
        ({"discount": InvoiceDiscount(amount=1190)}, (9000, 1710, 10710)),
        ({"shipping": InvoiceShipping(amount=595, tax_rate="19")}, (10500, 1995, 12495)),
        (
            {"items": (InvoiceItem(**NET),), "discount": InvoiceDiscount(amount=1000)},
            (9000, 1710, 10710),
        ),
        (
            {"items": (InvoiceItem(description="Book", unit_price=5000, category="E", reason="Schooling"),)},
            (5000, 0, 5000),
        ),
        ({"items": (InvoiceItem(description="Course", unit_price=5000, category="O"),)}, (5000, 0, 5000)),
    ],
)
async def test_amounts(world: World, values: dict[str, Any], amounts: tuple[int, int, int]) -> None:
    draft = await world.draft(**values)

    assert draft.draft_reasons == ()
    assert (draft.totals.net, draft.totals.vat, draft.totals.total) == amounts
    assert draft.totals.problems() == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"items": (ITEM, InvoiceItem(**NET))}, "AMOUNT_TYPES_DIFFER"),
        ({"discount": InvoiceDiscount(amount=11901)}, "VALIDATION_FAILED"),
        (
            {"items": (InvoiceItem(description="x", quantity="1000000", unit_price=99_999_999_999_999),)},
            "VALIDATION_FAILED",
        ),
    ],
)
async def test_rules_across_fields(world: World, values: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        await world.draft(**values)

    assert refused.value.code == code


async def test_repeated_requests_make_one_draft_and_one_number(world: World) -> None:
    first = await world.draft(invoice_id="65f0000000000000000000a1", operation_id="op-1")
    again = await world.draft(invoice_id="65f0000000000000000000a1", operation_id="op-1")
    issued = await world.issue(first, operation_id="op-2")
    repeated = await world.issue(first, operation_id="op-2")

    assert first == again
    assert repeated == issued
    with pytest.raises(Conflict) as refused:
        await world.issue(first, operation_id="op-3")
    assert refused.value.code == "INVOICE_ISSUED"


async def test_drafts_that_wait_together_share_a_transaction(world: World) -> None:
    drafts = [await world.draft() for _ in range(5)]
    incomplete = await world.draft(items=())
    wanted = [IssueDraft(LIVE, draft.id) for draft in [*drafts[:2], incomplete, *drafts[2:]]]
    wanted.append(IssueDraft(LIVE, new_object_id()))
    before = len(world.database.stored("operations"))

    outcomes = await world.outcomes(wanted)

    numbers = [one.numbering.number for one in outcomes if isinstance(one, Invoice) and one.numbering]
    assert numbers == [f"INV-2026-0000{n}" for n in range(1, 6)]
    refused = [one.code for one in outcomes if isinstance(one, GatewayError)]
    assert refused == ["INVOICE_INCOMPLETE", "NOT_FOUND"]
    assert len(world.database.stored("operations")) == before
    assert await world.problems() == []


async def test_an_issued_invoice_is_not_edited(world: World) -> None:
    issued = await world.issued()

    for change in (
        world.replaced(issued),
        delete(world, issued),
        change_notes(ChangeNotes(invoice_id=issued.id, notes="x"), scope=LIVE, operation_id=None, deps=world.deps),
        schedule_draft(ScheduleDraft(invoice_id=issued.id), scope=LIVE, operation_id=None, deps=world.deps),
    ):
        with pytest.raises(Conflict) as refused:
            await change
        assert refused.value.code == "INVOICE_ISSUED"
    assert await world.read(issued) == issued


async def test_notes_are_changed_and_removed(world: World) -> None:
    draft = await world.draft(order_reference="PO-1")

    for notes in ("Thank you", None):
        command = ChangeNotes(invoice_id=draft.id, notes=notes)
        changed = await change_notes(command, scope=LIVE, operation_id=None, deps=world.deps)
        assert (changed.terms.notes, changed.terms.order_reference) == (notes, "PO-1")


async def test_a_time_of_issue_is_changed_alone(world: World) -> None:
    draft = await world.draft(order_reference="PO-1")
    due = world.clock.now() + timedelta(days=1)

    for moment in (due, None):
        command = ScheduleDraft(invoice_id=draft.id, scheduled_finalize_at=moment)
        changed = await schedule_draft(command, scope=LIVE, operation_id=None, deps=world.deps)
        assert changed == draft.changed(finalize_at=moment, version=changed.version)


async def test_a_deleted_draft_leaves_nothing(world: World) -> None:
    draft = await world.draft()

    await delete(world, draft)

    assert world.database.stored("invoices") == []
    assert world.events() == []
    with pytest.raises(NotFound):
        await delete(world, draft)


STRANGERS = [
    Scope(OTHER_ORGANIZATION, livemode=True),
    Scope(TEST_ORGANIZATION, livemode=False),
    Scope(TEST_ORGANIZATION, livemode=True, site_id="65a5000000000000000000bb"),
]


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_strangers_change_nothing(world: World, stranger: Scope) -> None:
    draft, issued = await world.draft(), await world.issued()
    paid = world.payments.pay(11900)
    attempts = [
        world.replaced(draft, scope=stranger),
        world.issue(draft, scope=stranger),
        delete(world, draft, stranger),
        world.void(issued, scope=stranger),
        world.credit(issued, scope=stranger),
        world.correct(issued, scope=stranger, notes="x"),
        world.link(issued, paid, scope=stranger),
        world.payment_link(issued, scope=stranger),
    ]

    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt
    assert await world.read(draft) == draft
    assert await world.read(issued) == issued


async def test_a_site_of_another_organization_is_unknown(world: World) -> None:
    with pytest.raises(NotFound):
        await world.draft(site_id="65a5000000000000000000bb")


async def test_a_draft_is_issued_at_its_time(world: World) -> None:
    at = world.clock.now() + timedelta(hours=1)
    complete = await world.draft(scheduled_finalize_at=at)
    lacking = await world.draft(scheduled_finalize_at=at, items=())
    later = await world.draft(scheduled_finalize_at=at + timedelta(days=1))

    async def issue(wanted: IssueDraft) -> Invoice | GatewayError:
        [outcome] = await world.outcomes([wanted])
        return outcome

    letters: Any = None
    due = finalize_drafts(stores=world.stores, clock=world.clock, letters=letters, issue=issue)
    assert await due.round() == 0
    world.clock.advance(3601)
    assert await due.round() == 2
    assert await due.round() == 0

    assert (await world.read(complete)).state == "open"
    assert (await world.read(later)).state == "draft"
    stays = await world.read(lacking)
    assert (stays.state, stays.finalize_at, stays.draft_reasons) == ("draft", None, ("ITEMS_REQUIRED",))
    assert sorted(world.event_types()) == ["invoice.drafted.v1", "invoice.issued.v1"]
    assert (await world.issue(await world.replaced(lacking))).state == "open"


async def test_a_draft_over_a_payment(world: World) -> None:
    lines = (TransactionLine(name="Grinder", quantity=1, unit_price=11900, vat_rate="19"),)
    order = SoldOrder(
        11900, lines, BUYER, Party(name="Office", city="Bremen"), external_reference="ORDER-7", locale="de"
    )
    paid = world.payments.pay(11900, order=order)

    async def made(invoice_id: str) -> Invoice:
        command = DraftFromTransaction(invoice_id=invoice_id, transaction_id=paid)
        return await draft_from_transaction(command, scope=LIVE, operation_id=None, deps=world.deps)

    draft = await made(new_object_id())
    assert (draft.status, draft.totals.vat, draft.language, draft.transaction_ids) == ("draft", 1900, "de", (paid,))
    shipped = world.deps.cipher.open_ship_to(draft)
    assert shipped is not None
    assert shipped.city == "Bremen"
    with pytest.raises(Conflict) as refused:
        await made(new_object_id())
    assert refused.value.code == "TRANSACTION_INVOICED"

    edited = await world.replaced(draft, buyer=None, items=(ITEM,))
    assert (edited.buyer, edited.draft_reasons) == (draft.buyer, ())
    with pytest.raises(Conflict) as refused:
        await world.replaced(edited, currency="USD")
    assert refused.value.code == "CURRENCY_DIFFERS"

    issued = await world.issue(draft)
    assert (issued.state, issued.paid_on) == ("settled", world.clock.now().date())


async def test_a_payment_whose_draft_was_deleted_needs_no_credit_note(world: World) -> None:
    paid = world.payments.pay(5000)
    command = DraftFromTransaction(invoice_id=new_object_id(), transaction_id=paid)
    draft = await draft_from_transaction(command, scope=LIVE, operation_id=None, deps=world.deps)

    await delete(world, draft)

    assert await world.refund(paid, 1000) is None


async def test_settings_complete_an_open_invoice(world: World) -> None:
    world.settings.invoicing |= {"paymentTermDays": 14, "paymentTerms": "14 days net", "footer": "Nordwind GmbH"}

    issued, paid = await world.issued(), await world.draft()
    settled = await world.issue(await world.link(paid, world.payments.pay(11900)))

    expected = (world.clock.now() + timedelta(days=14)).date().isoformat()
    assert (issued.terms.due_on, issued.terms.payment_terms) == (expected, "14 days net")
    assert issued.footer == "Nordwind GmbH"
    assert (settled.terms.due_on, settled.terms.payment_terms) == (None, None)


async def test_a_site_has_its_own_prefix_in_the_series_of_the_organization(world: World) -> None:
    first = await world.issued()
    world.settings.of_sites["65a5000000000000000000aa"] = {"invoiceNumberLayout": {"prefix": "SHOP-"}}
    second = await world.issued()

    numbers = [one.numbering.number for one in (first, second) if one.numbering]
    assert numbers == ["INV-2026-00001", "SHOP-2026-00002"]
    assert await world.problems() == []
