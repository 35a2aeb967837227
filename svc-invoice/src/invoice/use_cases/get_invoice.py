"""One invoice or credit note, for its merchant."""

from gateway_contracts.aggregates import Scope
from gateway_kit.mongo.store import Store
from invoice.domain.invoice import Invoice, Kind
from invoice.errors import InvoiceNotFound


async def get_invoice(document_id: str, *, scope: Scope, invoices: Store[Invoice], kind: Kind = "invoice") -> Invoice:
    """
    Raises:
        InvoiceNotFound: none of this kind with this id in the caller's scope.
    """
    found = await invoices.get(None, scope, document_id)
    if found is None or found.kind != kind:
        raise InvoiceNotFound(kind)
    return found
