"""One invoice, for its merchant."""

from invoice.domain.invoice import Invoice
from invoice.errors import InvoiceNotFound
from invoice.ports import InvoiceReader, TenantScope


async def get_invoice(invoice_id: str, *, scope: TenantScope, invoices: InvoiceReader) -> Invoice:
    """
    Raises:
        InvoiceNotFound: none with this id in the caller's scope.
    """
    found = await invoices.find(scope, invoice_id)
    if found is None:
        raise InvoiceNotFound
    return found
