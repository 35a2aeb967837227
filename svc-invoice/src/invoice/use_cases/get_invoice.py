"""One invoice or credit note, for its merchant."""

from invoice.domain.invoice import Invoice, Kind
from invoice.errors import InvoiceNotFound
from invoice.ports import InvoiceReader, TenantScope


async def get_invoice(
    document_id: str, *, scope: TenantScope, invoices: InvoiceReader, kind: Kind = "invoice"
) -> Invoice:
    """
    Raises:
        InvoiceNotFound: none of this kind with this id in the caller's scope.
    """
    found = await invoices.find(scope, kind, document_id)
    if found is None:
        raise InvoiceNotFound(kind)
    return found
