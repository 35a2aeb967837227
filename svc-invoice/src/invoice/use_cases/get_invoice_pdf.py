"""Where the PDF of an invoice or credit note lies."""

from invoice.domain.invoice import Invoice, Kind
from invoice.errors import DocumentNotRendered, InvoiceNotIssued
from invoice.ports import InvoiceReader, TenantScope
from invoice.use_cases.get_invoice import get_invoice


async def get_invoice_pdf(
    document_id: str, *, scope: TenantScope, invoices: InvoiceReader, kind: Kind = "invoice"
) -> Invoice:
    """The issued and rendered document.

    Raises:
        InvoiceNotFound: none of this kind with this id in the caller's scope.
        InvoiceNotIssued: it is a draft.
        DocumentNotRendered: its PDF is being made.
    """
    invoice = await get_invoice(document_id, scope=scope, invoices=invoices, kind=kind)
    if invoice.status == "draft":
        raise InvoiceNotIssued(invoice.draft_reason)
    if invoice.pdf_object is None:
        raise DocumentNotRendered
    return invoice
