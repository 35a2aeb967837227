"""The documents of a checkout session, for whoever can name it."""

from dataclasses import replace

from invoice.domain.invoice import Invoice
from invoice.errors import InvoiceNotFound
from invoice.ports import InvoiceReader
from invoice.use_cases.get_invoice_pdf import Shelf
from invoice.use_cases.issue_invoice import hash_session


async def list_own_documents(
    session_public_id: str, document_id: str | None, *, invoices: InvoiceReader, shelf: Shelf
) -> list[Invoice]:
    """All issued documents of the session, or the named one, which is wanted now: if it was lost, it is made again.

    Raises:
        InvoiceNotFound: the named one does not belong to this session.
    """
    found = await invoices.of_session(hash_session(session_public_id), document_id)
    if document_id is None:
        return found
    if not found:
        raise InvoiceNotFound
    return [invoice if await shelf.holds(invoice) else replace(invoice, pdf_object=None) for invoice in found]
