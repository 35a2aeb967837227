"""The documents of a checkout session, for whoever can name it."""

from invoice.domain.invoice import Invoice
from invoice.errors import InvoiceNotFound
from invoice.ports import InvoiceReader
from invoice.use_cases.issue_invoice import hash_session


async def list_own_documents(
    session_public_id: str, document_id: str | None, *, invoices: InvoiceReader
) -> list[Invoice]:
    """All issued documents of the session, or the named one.

    Raises:
        InvoiceNotFound: the named one does not belong to this session.
    """
    found = await invoices.of_session(hash_session(session_public_id), document_id)
    if document_id is not None and not found:
        raise InvoiceNotFound
    return found
