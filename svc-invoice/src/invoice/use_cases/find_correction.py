"""Which credit note a refund or dispute has."""

from typing import Literal

from invoice.domain.invoice import Invoice
from invoice.ports import InvoiceReader, TenantScope


async def find_correction(
    transaction_id: str, origin_id: str, *, scope: TenantScope, invoices: InvoiceReader
) -> Invoice | Literal["none", "unknown"]:
    """``none`` when the payment has no invoice of ours that could be corrected; ``unknown`` while the reversal, or the
    payment itself, was not handled yet."""
    note = await invoices.of_origin(scope, transaction_id, origin_id)
    if note is not None:
        return note
    invoice = await invoices.of_payment(scope, transaction_id)
    if invoice is None:
        return "none" if await invoices.is_left_out(scope, transaction_id) else "unknown"
    return "none" if invoice.status == "draft" else "unknown"
