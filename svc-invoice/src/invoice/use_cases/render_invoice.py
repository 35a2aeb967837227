"""Makes the PDF of an issued invoice or credit note and announces it."""

import hashlib
from datetime import datetime

from gateway_contracts.envelope import EventData
from gateway_contracts.events.invoice import CreditNoteRenderedV1, InvoiceRenderedV1
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from invoice.domain.invoice import Invoice
from invoice.domain.printed import PrintedInvoice
from invoice.ports import Documents, InvoiceWriter, PartyVault, PdfRenderer
from invoice.use_cases.issue_credit_note import credit_note_event
from invoice.use_cases.issue_invoice import issued_event


async def render_invoice(
    invoice: Invoice,
    *,
    uow: UnitOfWork,
    vault: PartyVault,
    renderer: PdfRenderer,
    documents: Documents,
    invoices: InvoiceWriter,
) -> bool:
    """Render, store, record. False when another worker had done it: the bytes are the same, so nothing is lost.

    Raises:
        RenderingFailed: the renderer gave no document; the invoice stays in the queue.
        KeyUnavailable: its parties cannot be read now.
    """
    printed = PrintedInvoice(invoice, vault.open_seller(invoice), vault.open_buyer(invoice))
    pdf = await renderer.render(printed)
    await documents.put(invoice.object_name, pdf, vault.open_document_key(invoice))
    sha256 = hashlib.sha256(pdf).hexdigest()

    async def work(tx: Tx) -> bool:
        if not await invoices.mark_rendered(tx, invoice, sha256):
            return False
        tx.emit(
            _rendered_event(invoice, sha256, at=tx.now),
            organization_id=invoice.organization_id,
            livemode=invoice.livemode,
            entity_id=invoice.id,
            sequence=invoice.version + 1,
        )
        return True

    return await uow.run(work)


def _rendered_event(invoice: Invoice, sha256: str, *, at: datetime) -> EventData:
    stored = {"occurred_at": at, "object_name": invoice.object_name, "sha256": sha256}
    if invoice.kind == "credit_note":
        return CreditNoteRenderedV1(**{**dict(credit_note_event(invoice)), **stored})
    return InvoiceRenderedV1(**{**dict(issued_event(invoice)), **stored})
