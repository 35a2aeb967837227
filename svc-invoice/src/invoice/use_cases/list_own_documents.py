"""The documents of a checkout session; knowing its id is the permission."""

from typing import Any, Final

from gateway_kit.mongo.store import Store
from invoice.domain.invoice import Invoice
from invoice.errors import InvoiceNotFound
from invoice.use_cases.get_invoice_pdf import Shelf
from invoice.use_cases.issue_invoice import hash_session

SESSION_DOCUMENTS_MAX: Final = 100


async def list_own_documents(
    session_public_id: str, document_id: str | None, *, invoices: Store[Invoice], shelf: Shelf
) -> list[Invoice]:
    """All issued documents of the session, or the named one, which is wanted now: if it was lost, it is made again.

    Raises:
        InvoiceNotFound: the named one does not belong to this session.
    """
    where: dict[str, Any] = {"session_hashes": hash_session(session_public_id), "status": "issued"}
    if document_id is not None:
        where["_id"] = document_id
    found = await invoices.across_tenants.find(
        None, where, sort=(("issued_at", 1), ("_id", 1)), limit=SESSION_DOCUMENTS_MAX
    )
    if document_id is None:
        return found
    if not found:
        raise InvoiceNotFound
    return [invoice if await shelf.holds(invoice) else invoice.changed(pdf_object=None) for invoice in found]
