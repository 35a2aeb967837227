"""Everything that a printed document shows, handed to the renderer's process, which loads little else."""

from dataclasses import dataclass

from gateway_contracts.events.transaction import Party
from invoice.domain.invoice import Invoice
from invoice.domain.seller import Seller


@dataclass(frozen=True)
class PrintedInvoice:
    """An issued invoice with its parties in clear."""

    invoice: Invoice
    seller: Seller
    buyer: Party | None
