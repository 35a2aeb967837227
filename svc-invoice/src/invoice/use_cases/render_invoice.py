"""Makes the PDF of an issued invoice or credit note and announces it."""

import hashlib

from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from invoice.domain.invoice import Invoice
from invoice.domain.printed import PrintedInvoice
from invoice.ports import Documents, InvoiceWriter, PartyVault, PdfRenderer
from invoice.use_cases.announce import announce_rendered


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
        announce_rendered(tx, invoice, sha256)
        return True

    return await uow.run(work)
