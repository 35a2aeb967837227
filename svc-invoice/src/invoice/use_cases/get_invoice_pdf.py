"""Where the PDF of an invoice lies."""

from invoice.domain.invoice import Invoice
from invoice.errors import DocumentNotRendered, InvoiceNotIssued
from invoice.ports import InvoiceReader, TenantScope
from invoice.use_cases.get_invoice import get_invoice


async def get_invoice_pdf(invoice_id: str, *, scope: TenantScope, invoices: InvoiceReader) -> Invoice:
    """The issued and rendered invoice.

    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
        InvoiceNotIssued: it is a draft.
        DocumentNotRendered: its PDF is being made.
    """
    invoice = await get_invoice(invoice_id, scope=scope, invoices=invoices)
    if invoice.status == "draft":
        raise InvoiceNotIssued(invoice.draft_reason)
    if invoice.pdf_object is None:
        raise DocumentNotRendered
    return invoice
