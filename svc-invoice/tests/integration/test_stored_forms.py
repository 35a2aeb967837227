"""Documents as versions before the persistence kernel wrote them are read, continued and counted on."""

from typing import Any

import pytest
from invoice_office import Office

from gateway_kit.mongo.indexes import apply_collection
from gateway_testkit.keys import TEST_ORGANIZATION
from invoice.domain.invoice import Invoice
from invoice.store.documents import InvoiceDocument

pytestmark = pytest.mark.integration

_INVOICE = """_id organization_id livemode site_id status totals payment created_at kind numbering issued_at dates
draft_reason external_reference language vat_notes buyer seller version pdf_object pdf_sha256 correction document_key
schema_version render_state render_at render_attempts traceparent"""
_REGISTER_ROW = """_id register position document_id number series stem sequence currency net vat total issued_at
document_hash previous issued_on time_zone seal"""
INVOICE, REGISTER_ROW = set(_INVOICE.split()), set(_REGISTER_ROW.split())
FORMS = {
    "invoices": INVOICE,
    "register": REGISTER_ROW,
    "invoice_sequences": {"_id", "register", "value"},
    "register_heads": {"_id", "position", "seal"},
    "uninvoiced": {"_id", "organization_id", "created_at"},
}
_ADDED = """schema_version render_since render_failures render_waits settlements credited voided draft_reasons ship_to
client_id order terms footer finalize_at issue_operation corrections listed_state transaction_ids session_hashes
search_words pdf_has_xml look template_error accounting payment_link printed_link uncredited"""
ADDED = set(_ADDED.split()) | {"correction"}


@pytest.fixture
async def earlier(office: Office) -> tuple[Any, Invoice]:
    """A payment with its invoice, and one without, in the earlier form of every collection."""
    event = office.event(3000)
    invoice = await office.issue(event)
    await office.issue(office.event(invoice_number="MY-1"))
    for collection, names in FORMS.items():
        [row] = await office.rows(collection)
        assert row.keys() - names <= ADDED
        if collection == "invoices":
            row |= {"payment": row["settlements"][0] | {"credited": 0, "voided": False}, "draft_reason": None}
        await office.database.db[collection].replace_one({"_id": row["_id"]}, {name: row[name] for name in names})
    return event, invoice


async def test_numbers_and_the_register_go_on(office: Office, earlier: tuple[Any, Invoice]) -> None:
    assert (await office.issued()).numbering.sequence == 2
    findings = await office.verify()
    assert (findings.rows, findings.problems) == (2, [])


async def test_an_earlier_invoice_is_credited(office: Office, earlier: tuple[Any, Invoice]) -> None:
    event, invoice = earlier
    await apply_collection(office.database.db, InvoiceDocument.collection)

    note = await office.credit(office.reversal(event, 1000))

    assert note.correction.invoice_id == invoice.id
    assert (await office.read(invoice.id)).payment.refunded == 1000
    assert await office.issue(office.announced_again(event)) == await office.read(invoice.id)


async def test_an_earlier_document_is_made(office: Office, earlier: tuple[Any, Invoice]) -> None:
    _, invoice = earlier

    task = await office.queue.claim(due=office.clock.now(), after=TEST_ORGANIZATION)

    assert task is not None
    assert (task.id, task.render_attempts, task.tries.claims) == (invoice.id, 1, 1)
    await office.queue.postpone(task, task.tries.failed(), until=office.clock.now())
    again = await office.queue.claim(due=office.clock.now(), after="")
    assert again is not None
    assert (again.render_attempts, again.tries.failures) == (2, 1)
