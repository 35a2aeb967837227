"""Money that goes back gets its credit note: own numbers, never more than the invoice, whatever comes how often."""

import asyncio
import io
from dataclasses import replace
from typing import Any

import pypdf
import pytest
from invoice_office import Event, Office

from gateway_contracts.actor import Actor
from gateway_contracts.errors import ChangedMeanwhile, Forbidden, NotFound
from gateway_contracts.events.transaction import TransactionLine
from gateway_contracts.requests.invoice import CorrectionQuery, CorrectionRef, CreditNoteQuery, CreditNoteRef
from gateway_contracts.rpc import Call
from gateway_kit.mongo.rows import MongoRows
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import AlreadyHandled, Tx
from gateway_testkit.keys import OTHER_ORGANIZATION, TEST_ORGANIZATION
from invoice.adapters.pdf.pool import PdfPool
from invoice.domain.credit import ReturnedLine
from invoice.domain.invoice import Invoice
from invoice.errors import InvoiceMissing
from invoice.store.documents import InvoiceDocument
from invoice.use_cases.number_series import NumberSeries

pytestmark = pytest.mark.integration

REGISTER = f"{TEST_ORGANIZATION}:live:credit_note"
TAXED = (
    TransactionLine(name="Tea", quantity=1, unit_price=2380, vat_rate="19"),
    TransactionLine(name="Book", quantity=1, unit_price=1070, vat_rate="7"),
)


async def sold(office: Office) -> tuple[Event, Invoice]:
    event = office.event(3450, lines=TAXED)
    return event, await office.issue(event)


async def test_refunds_in_parts_have_a_credit_note_each_and_the_invoice_says_where_it_stands(office: Office) -> None:
    event, invoice = await sold(office)

    first = await office.credit(office.reversal(event, 345))
    partly = await office.read(invoice.id)
    last = await office.credit(office.reversal(event, 3105))
    fully = await office.read(invoice.id)

    assert [first.numbering.number, last.numbering.number] == ["CN-2026-00001", "CN-2026-00002"]
    assert [(group.rate, group.vat) for group in first.totals.groups] == [("19", 38), ("7", 7)]
    assert first.totals.vat + last.totals.vat == invoice.totals.vat
    assert (partly.state, partly.payment.refunded, partly.credited) == ("partially_refunded", 345, 345)
    assert (fully.state, fully.payment.refunded, fully.credited) == ("refunded", 3450, 3450)
    assert first.correction.invoice_number == invoice.numbering.number
    assert (await office.verify()).problems == (await office.verify(REGISTER)).problems == []


async def test_the_announcement_names_the_invoice_and_no_person(office: Office) -> None:
    event, invoice = await sold(office)
    reversal = office.reversal(event, 1070, lines=(ReturnedLine(1, 1070),))

    note = await office.credit(reversal)

    [row] = await office.rows("outbox", {"body.type": "credit_note.issued.v1"})
    data = row["body"]["data"]
    assert (data["creditNoteId"], data["invoiceId"], data["originId"]) == (note.id, invoice.id, reversal.origin_id)
    assert (data["total"], data["reason"], data["number"]) == (1070, "refund", "CN-2026-00001")
    assert [line.description for line in note.totals.lines] == ["Book"]
    assert "Schmidt" not in repr(await office.rows("invoices")) + repr(row)
    assert office.cipher.open_buyer(note) == office.cipher.open_buyer(invoice)


async def test_one_reversal_has_one_credit_note_however_often_it_is_reported(office: Office) -> None:
    event, invoice = await sold(office)
    reversal = office.reversal(event, 1000)
    reported = [office.credit(reversal, event_id="the-same") for _ in range(5)]
    other_words = [office.credit(reversal) for _ in range(5)]

    outcomes = await asyncio.gather(*reported, *other_words, return_exceptions=True)

    assert sum(isinstance(outcome, Invoice) for outcome in outcomes) == 1
    assert all(outcome is None or isinstance(outcome, AlreadyHandled | Invoice) for outcome in outcomes)
    assert (await office.read(invoice.id)).payment.refunded == 1000
    assert len(await office.rows("invoices", {"kind": "credit_note"})) == 1


async def test_processes_that_race_never_credit_more_than_the_invoice(office: Office) -> None:
    event, invoice = await sold(office)
    waiting = [office.reversal(event, 700) for _ in range(6)]

    while waiting:
        # Separate sequences have separate lanes, as separate processes do; who loses is delivered again.
        outcomes = await asyncio.gather(
            *(office.credit(one, series=NumberSeries(office.stores)) for one in waiting),
            return_exceptions=True,
        )
        assert all(isinstance(one, Invoice | ChangedMeanwhile | None) for one in outcomes)
        waiting = [one for one, got in zip(waiting, outcomes, strict=True) if isinstance(got, Exception)]

    notes = await office.rows("invoices", {"kind": "credit_note"})
    stored = await office.read(invoice.id)
    assert sum(group["gross"] for note in notes for group in note["totals"]["groups"]) == 3450
    assert (stored.credited, stored.payment.refunded, len(notes)) == (3450, 4200, 5)
    assert stored.state == "refunded"
    assert (await office.verify(REGISTER)).problems == []


class Crash(Exception):
    """An abort in the middle of a transaction."""


class CrashingInvoices(Store[Invoice]):
    """Ends before the commit."""

    def insert(self, tx: Tx, aggregate: Invoice, *, otherwise: Exception | None = None) -> None:
        super().insert(tx, aggregate, otherwise=otherwise)
        raise Crash


async def test_an_abort_uses_no_number_and_moves_no_money(office: Office) -> None:
    event, invoice = await sold(office)
    reversal = office.reversal(event, 1000)

    crashing = replace(office.stores, invoices=CrashingInvoices(InvoiceDocument, MongoRows(InvoiceDocument)))
    with pytest.raises(Crash):
        await office.credit(reversal, event_id="again", stores=crashing)
    untouched = await office.read(invoice.id)
    note = await office.credit(reversal, event_id="again")

    assert (untouched.payment.refunded, untouched.version) == (0, invoice.version)
    assert note.numbering.sequence == 1


async def test_a_refund_that_comes_before_the_invoice_comes_again(office: Office) -> None:
    event = office.event(3450, lines=TAXED)
    reversal = office.reversal(event, 450)

    with pytest.raises(InvoiceMissing):
        await office.credit(reversal)
    await office.issue(event)

    assert (await office.credit(reversal)).totals.total == 450


async def test_payments_without_an_invoice_of_ours_need_no_credit_note(office: Office) -> None:
    event = office.event(invoice_number="SHOP-7")
    assert await office.issue(event) is None

    assert await office.credit(office.reversal(event, 100)) is None
    assert await office.rows("invoices") == []


async def test_a_draft_learns_of_the_money_and_is_not_corrected(office: Office) -> None:
    odd = (
        TransactionLine(name="Tea", quantity=1, unit_price=1000),
        TransactionLine(name="VAT", quantity=1, unit_price=333, item_type="tax"),
    )
    event = office.event(1333, lines=odd)
    draft = await office.issue(event)
    assert draft.status == "draft"

    assert await office.credit(office.reversal(event, 333)) is None

    [stored] = await office.rows("invoices")
    assert (stored["settlements"][0]["refunded"], stored["credited"]) == (333, 0)


async def test_money_that_comes_again_leaves_the_credit_note_and_shows_on_the_invoice(office: Office) -> None:
    event, invoice = await sold(office)
    reversal = office.reversal(event, 3450, reason="dispute")
    note = await office.credit(reversal)

    standing = await office.restore(reversal)
    nothing = await office.restore(office.reversal(event, 5))

    assert (standing.id, nothing) == (note.id, None)
    assert (await office.read(invoice.id)).state == "overpaid"
    assert (await office.verify(REGISTER)).problems == []


async def test_another_currency_is_not_guessed(office: Office) -> None:
    event, invoice = await sold(office)

    assert await office.credit(office.reversal(event, 100, currency="USD")) is None
    assert (await office.read(invoice.id)).payment.refunded == 0


async def test_a_changed_credit_note_is_found(office: Office) -> None:
    event, _ = await sold(office)
    note = await office.credit(office.reversal(event, 345))

    await office.database.db.invoices.update_one(
        {"_id": note.id}, {"$set": {"correction.invoice_number": "INV-2026-00099"}}
    )

    assert any("changed after issue" in problem for problem in (await office.verify(REGISTER)).problems)


async def test_who_asks_for_the_credit_note_of_a_reversal(office: Office) -> None:
    handlers = office.handlers()
    event, unpaid, quiet = office.event(3450, lines=TAXED), office.event(), office.event(invoice_number="SHOP-7")
    reversal = office.reversal(event, 345)

    async def ask(of: Event, **who: Any) -> CorrectionRef:
        known: dict[str, Any] = {
            "kind": "service",
            "organization_id": TEST_ORGANIZATION,
            "livemode": True,
            "scopes": ("credit_note:read",),
        }
        actor = Actor(**{**known, **who})
        query = CorrectionQuery(transaction_id=of.data.transaction_id, origin_id=reversal.origin_id)
        return await handlers.get_correction(query, Call(actor=actor))

    await office.issue(event)
    await office.issue(quiet)
    before = await ask(event)
    note = await office.credit(reversal)

    assert (before.state, (await ask(unpaid)).state, (await ask(quiet)).state) == ("unknown", "unknown", "none")
    named = await ask(event)
    assert (named.state, named.credit_note_id, named.number) == ("issued", note.id, "CN-2026-00001")
    for stranger in ({"organization_id": OTHER_ORGANIZATION}, {"livemode": False}):
        assert (await ask(event, **stranger)).state == "unknown"
    with pytest.raises(Forbidden):
        await ask(event, scopes=("invoice:read",))


@pytest.mark.parametrize(
    "stranger",
    [{"organization_id": OTHER_ORGANIZATION}, {"livemode": False}, {"site_id": "65a5000000000000000000bb"}],
)
async def test_strangers_find_no_credit_note(office: Office, stranger: dict[str, Any]) -> None:
    handlers = office.handlers()
    event, invoice = await sold(office)
    note = await office.credit(office.reversal(event, 345))
    own: dict[str, Any] = {
        "kind": "api_key",
        "organization_id": TEST_ORGANIZATION,
        "livemode": True,
        "scopes": ("credit_note:*",),
    }
    owner, other = Call(actor=Actor(**own)), Call(actor=Actor(**(own | stranger)))

    page = await handlers.list_credit_notes(CreditNoteQuery(invoice_id=invoice.id), owner)
    assert [one.id for one in page.credit_notes] == [note.id]
    assert (await handlers.get_credit_note(CreditNoteRef(credit_note_id=note.id), owner)).invoice_id == invoice.id

    assert (await handlers.list_credit_notes(CreditNoteQuery(), other)).credit_notes == ()
    for ask in (handlers.get_credit_note, handlers.get_credit_note_pdf):
        with pytest.raises(NotFound):
            await ask(CreditNoteRef(credit_note_id=note.id), other)
    with pytest.raises(NotFound):
        await handlers.get_credit_note(CreditNoteRef(credit_note_id=invoice.id), owner)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ["Credit note", "Corrects invoice", "INV-2026-00001 of", "Total credited", "charged back on"]),
        ("de", ["Rechnungskorrektur", "Zur Rechnung", "INV-2026-00001 vom", "zurückbelastet am", "Rückbelastung zu"]),
    ],
)
async def test_the_document_says_what_it_corrects(
    office: Office, pdf_pool: PdfPool, locale: str, words: list[str]
) -> None:
    event = office.event(3450, lines=TAXED, locale=locale)
    await office.issue(event)
    note = await office.credit(office.reversal(event, 345, reason="dispute"))

    assert await office.render(note, pdf_pool)

    pages = pypdf.PdfReader(io.BytesIO(next(iter(office.documents.kept.values())))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert all(word in text for word in [*words, note.numbering.number, "3.45" if locale == "en" else "3,45"]), text
    [row] = await office.rows("outbox", {"body.type": "credit_note.rendered.v1"})
    assert row["body"]["sequence"] == 2
