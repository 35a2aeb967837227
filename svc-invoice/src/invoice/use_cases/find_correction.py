"""Which credit note a refund or dispute has."""

from typing import Literal

from gateway_contracts.aggregates import Scope
from invoice.domain.invoice import Invoice
from invoice.ports import Stores
from invoice.use_cases.find_documents import invoice_of, is_left_out


async def find_correction(
    transaction_id: str, origin_id: str, *, scope: Scope, stores: Stores
) -> Invoice | Literal["none", "unknown"]:
    """``none`` when the payment has no invoice of ours that could be corrected, or no credit note is due for the money,
    such as a surplus; ``unknown`` while the reversal, or the payment itself, was not handled yet."""
    of_origin = {
        "transaction_ids": transaction_id,
        "kind": "credit_note",
        "correction.origin_id": origin_id,
    }
    if found := await stores.invoices.find(None, scope, of_origin, limit=1):
        return found[0]
    invoice = await invoice_of(None, scope, transaction_id, stores)
    if invoice is None:
        return "none" if await is_left_out(None, scope, transaction_id, stores) else "unknown"
    return "none" if invoice.status == "draft" or invoice.uncredited_of(origin_id) else "unknown"
