"""Pro forma invoices and receipts as pages, by the real renderer."""

import base64
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from invoice_office import Office
from invoice_world import BUYER, ITEM, LIVE, SITE, KnownPayments

from gateway_contracts.actor import Actor
from gateway_contracts.errors import Forbidden
from gateway_contracts.ids import new_object_id
from gateway_contracts.requests.invoice import InvoiceRef, MadeDocument, ReceiptRef
from gateway_contracts.requests.invoice_changes import CreateDraft, CreatePaymentLink
from gateway_contracts.rpc import Call
from gateway_testkit.keys import TEST_ORGANIZATION
from invoice.adapters.pdf.pool import PdfPool
from invoice.domain.invoice import Invoice
from invoice.use_cases.create_payment_link import create_payment_link
from invoice.use_cases.get_invoice_pdf import Shelf
from invoice.use_cases.issue_drafts import IssueDraft, issue_drafts
from invoice.use_cases.write_draft import create_draft

pytestmark = pytest.mark.integration


def call(*scopes: str) -> Call:
    return Call(
        actor=Actor(
            kind="api_key", subject_id="k", organization_id=TEST_ORGANIZATION, livemode=True, scopes=tuple(scopes)
        )
    )


def text_of(made: MadeDocument, folder: Path) -> str:
    pdf = folder / made.file_name
    pdf.write_bytes(base64.b64decode(made.pdf))
    return subprocess.run(["pdftotext", pdf, "-"], check=True, capture_output=True, text=True).stdout


async def test_pages_say_that_they_are_no_invoices(office: Office, pdf_pool: PdfPool, tmp_path: Path) -> None:
    handlers = office.handlers(pdf_pool)
    command = CreateDraft(
        invoice_id=new_object_id(), site_id=SITE, currency="EUR", buyer=BUYER, items=(ITEM,), language="de"
    )
    draft = await create_draft(command, scope=LIVE, operation_id=None, deps=office.deps())
    paid = await office.issued()
    asked = call("invoice:execute")

    pro_forma = await handlers.get_pro_forma(InvoiceRef(invoice_id=draft.id), asked)
    again = await handlers.get_pro_forma(InvoiceRef(invoice_id=draft.id), asked)
    wanted = ReceiptRef(invoice_id=paid.id, transaction_id=paid.transaction_ids[0])
    receipt = await handlers.get_receipt(wanted, asked)

    assert again == pro_forma
    page = text_of(pro_forma, tmp_path)
    assert "Proforma-Rechnung" in page
    assert "nicht ausgestellten Rechnung" in page
    assert "119,00" in page
    page = " ".join(text_of(receipt, tmp_path).split())
    assert receipt.file_name == "INV-2026-00001-1.pdf"
    assert "Receipt for invoice INV-2026-00001" in page
    assert "It is not an invoice" in page
    assert "Paid in full" in page
    assert office.documents.kept == {}


async def test_reading_is_not_executing(office: Office) -> None:
    handlers = office.handlers()

    with pytest.raises(Forbidden):
        await handlers.get_pro_forma(InvoiceRef(invoice_id=new_object_id()), call("invoice:read"))
    wanted = ReceiptRef(invoice_id=new_object_id(), transaction_id=new_object_id())
    with pytest.raises(Forbidden):
        await handlers.get_receipt(wanted, call("invoice:read"))


async def test_a_document_names_its_payment_page_while_it_can_be_paid(office: Office, pdf_pool: PdfPool) -> None:
    payments = KnownPayments(expires_at=office.clock.now() + timedelta(hours=48))
    deps = replace(office.deps(), payments=payments)
    command = CreateDraft(invoice_id=new_object_id(), site_id=SITE, currency="EUR", buyer=BUYER, items=(ITEM,))
    draft = await create_draft(command, scope=LIVE, operation_id=None, deps=deps)
    [issued] = await issue_drafts([IssueDraft(LIVE, draft.id)], deps=deps)
    assert isinstance(issued, Invoice)
    wanted = CreatePaymentLink(invoice_id=issued.id, checkout_id=new_object_id(), page_origin="https://pay.example")
    await create_payment_link(wanted, scope=LIVE, operation_id=None, deps=deps)
    shelf = Shelf(documents=office.documents, queue=office.queue, clock=office.clock)

    assert await office.render(await office.read(issued.id), pdf_pool)
    with_page = await office.read(issued.id)
    assert await shelf.holds(with_page)
    assert "https://pay.example/checkout/abc" in printed_text(office, with_page)

    office.clock.advance(timedelta(hours=49))
    assert not await shelf.holds(with_page)
    # Given up, the earlier one is fetched, and redriven it is made.
    claim = await office.queue.claim(due=office.clock.now(), after="")
    assert claim is not None
    await office.queue.set_aside(claim, claim.tries.failed())
    assert await shelf.holds(with_page)
    assert await office.queue.redrive(issued.id)
    assert await office.render(await office.read(issued.id), pdf_pool)
    without = await office.read(issued.id)
    assert await shelf.holds(without)
    assert "pay.example" not in printed_text(office, without)


def printed_text(office: Office, invoice: Invoice) -> str:
    assert invoice.pdf_object is not None
    pdf = office.documents.kept[invoice.pdf_object]
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, check=True, capture_output=True).stdout.decode()
