"""Documents by the payment that they are about."""

from collections.abc import Sequence
from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.envelope import Envelope
from gateway_contracts.events.transaction import TransactionSucceededV1
from gateway_kit.mongo.unit_of_work import Tx
from invoice.domain.invoice import Invoice
from invoice.ports import Stores

BY_PAYMENT: Final = (("transaction_ids", 1), ("kind", 1))
"""The index of invoices by payment. It holds no credit notes, so conditions name the kind."""


async def invoice_of(tx: Tx | None, scope: Scope, transaction_id: str, stores: Stores) -> Invoice | None:
    """The invoice of a payment."""
    where = {"transaction_ids": transaction_id, "kind": "invoice"}
    found = await stores.invoices.find(tx, scope, where, limit=1)
    return found[0] if found else None


async def invoices_of(
    tx: Tx, payments: Sequence[Envelope[TransactionSucceededV1]], stores: Stores
) -> dict[str, Invoice]:
    """The invoices that exist already, by transaction."""
    wanted: dict[Scope, list[str]] = {}
    for event in payments:
        wanted.setdefault(Scope(event.organization_id, event.livemode), []).append(event.data.transaction_id)
    conditions = [(scope, {"transaction_ids": {"$in": ids}, "kind": "invoice"}) for scope, ids in wanted.items()]
    found = await stores.invoices.find_among(tx, conditions, hint=BY_PAYMENT)
    return {transaction_id: invoice for invoice in found for transaction_id in invoice.transaction_ids}


async def credit_notes_of(tx: Tx, invoice: Invoice, stores: Stores) -> list[Invoice]:
    """All that correct this invoice."""
    return await stores.invoices.find(tx, invoice.scope, {"correction.invoice_id": invoice.id, "kind": "credit_note"})


async def is_left_out(tx: Tx | None, scope: Scope, transaction_id: str, stores: Stores) -> bool:
    """Whether it was decided that the payment gets no invoice."""
    return await stores.uninvoiced.get(tx, scope, transaction_id) is not None
