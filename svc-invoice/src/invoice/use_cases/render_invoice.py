"""Makes the PDF of an issued invoice or credit note and emits its event."""

import hashlib
from datetime import datetime

from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx, UnitOfWork
from invoice.domain.content import DocumentContent
from invoice.domain.invoice import Invoice
from invoice.domain.payment_link import PaymentLink
from invoice.domain.printed import PrintedDocument
from invoice.domain.rendering import Effort
from invoice.einvoice.readiness import missing_for
from invoice.errors import EInvoiceFailed
from invoice.field_cipher import FieldCipher
from invoice.ports import Documents, Looks, PdfRenderer, Stores, XmlWriter
from invoice.use_cases.document_content import content_of
from invoice.use_cases.events import emit_rendered

log = get_logger(__name__)


async def render_invoice(
    invoice: Invoice,
    *,
    uow: UnitOfWork,
    cipher: FieldCipher,
    renderer: PdfRenderer,
    xml: XmlWriter,
    documents: Documents,
    looks: Looks,
    stores: Stores,
    effort: Effort,
    now: datetime,
    failures: int = 0,
) -> bool:
    """Render, store, record, after ``failures`` failed tries.

    False when another worker had done it: the bytes are the same, so nothing is lost.

    Raises:
        RenderingFailed: the renderer gave no document; the invoice stays in the queue.
        KeyUnavailable: its parties cannot be read now.
    """
    seller = cipher.open_seller(invoice)
    before = await stores.render_tasks.get(None, invoice.scope, invoice.id)
    choice = (before.look if before else None) or await looks.choose(invoice, invoice.kind, seller.country)
    look = await looks.open(invoice.scope, choice)
    link = invoice.printable_link(now)
    content = content_of(
        invoice,
        seller,
        cipher.open_buyer(invoice),
        cipher.open_ship_to(invoice),
        link=cipher.open_link(invoice, link),
    )
    written = await _xml(content, xml)
    page = PrintedDocument(content, look, invoice.organization_id, invoice.issued_at, written)
    made = await renderer.render(page, cpu_s=effort.allowance_s(page, failures))
    if made.template_error:
        log.warning("invoice.template_failed", invoice_id=invoice.id, template=choice.template)
        await looks.failed(invoice.scope, choice, made.template_error)
    sha256 = hashlib.sha256(made.pdf).hexdigest()
    await documents.put(invoice.object_name(sha256), made.pdf, cipher.open_document_key(invoice))
    if invoice.pdf_sha256 not in (None, sha256):
        # Made again by another version of the layout or its fonts: what it says is the same.
        log.warning("invoice.document_differs", invoice_id=invoice.id, before=invoice.pdf_sha256, now=sha256)

    async def work(tx: Tx) -> bool:
        task = await stores.render_tasks.get(tx, invoice.scope, invoice.id)
        if task is None or task.render_state != "pending":
            return False
        # Money that went back meanwhile changed its version, and nothing on the paper.
        current = await stores.invoices.get(tx, invoice.scope, invoice.id)
        assert current is not None, "it was found as a task"
        if _says(current) != _says(invoice):
            # Corrected, or with another payment page, while it was being made: it stays in the queue.
            return False
        stores.render_tasks.replace(tx, task, task.done(choice, made.template_error))
        rendered = current.rendered(sha256, has_xml=written is not None, link=link)
        emit_rendered(tx, stores.invoices.replace(tx, current, rendered))
        return True

    return await uow.run(work)


def _says(invoice: Invoice) -> tuple[int, PaymentLink | None]:
    """Parts of an issued document that may change while it is being made."""
    return len(invoice.corrections), invoice.payment_link


async def _xml(content: DocumentContent, xml: XmlWriter) -> bytes | None:
    """The document's XML where its data allow it; without one, the PDF is still a document."""
    if missing_for(content, "zugferd"):
        return None
    try:
        return await xml.write(content, "zugferd")
    except EInvoiceFailed:
        log.error("invoice.without_xml", invoice_id=content.id)
        return None
