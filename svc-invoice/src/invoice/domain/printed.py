"""Everything that a printed document shows and carries, handed to the renderer's process, which loads little else."""

from dataclasses import astuple, dataclass

from gateway_contracts.events.transaction import Party
from invoice.domain.invoice import Invoice
from invoice.domain.seller import Seller


@dataclass(frozen=True)
class PrintedInvoice:
    """An issued invoice with its parties in clear, and its XML where it has all that one needs."""

    invoice: Invoice
    seller: Seller
    buyer: Party | None
    xml: bytes | None = None

    @property
    def characters(self) -> int:
        """Characters of all texts that came from outside."""
        totals = self.invoice.totals
        described = sum(len(line.description) for line in totals.lines)
        described += sum(len(allowance.description) for allowance in totals.allowances)
        buyer = self.buyer.model_dump().values() if self.buyer else ()
        return described + sum(len(text) for text in (*astuple(self.seller), *buyer) if isinstance(text, str))
