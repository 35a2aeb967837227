"""Facts about invoices and credit notes, written by svc-invoice."""

from datetime import datetime
from typing import ClassVar, Literal

from gateway_contracts.envelope import EventData


class InvoiceChange(EventData):
    """What every invoice event says. No personal data."""

    invoice_id: str
    number: str
    site_id: str
    transaction_id: str
    checkout_id: str
    currency: str
    total: int
    occurred_at: datetime


class InvoiceIssuedV1(InvoiceChange):
    """The invoice got its number; lines and totals are final."""

    TYPE: ClassVar[str] = "invoice.issued.v1"


class InvoiceRenderedV1(InvoiceChange):
    """Its PDF is in the document store."""

    TYPE: ClassVar[str] = "invoice.rendered.v1"
    object_name: str
    sha256: str


class CreditNoteChange(EventData):
    """What every event of a credit note says. No personal data. Amounts are positive."""

    credit_note_id: str
    number: str
    invoice_id: str
    invoice_number: str
    reason: Literal["refund", "dispute"]
    origin_id: str
    """The refund or dispute that took the money back."""
    site_id: str
    transaction_id: str
    checkout_id: str
    currency: str
    total: int
    occurred_at: datetime


class CreditNoteIssuedV1(CreditNoteChange):
    """The credit note got its number; lines and totals are final."""

    TYPE: ClassVar[str] = "credit_note.issued.v1"


class CreditNoteRenderedV1(CreditNoteChange):
    """Its PDF is in the document store."""

    TYPE: ClassVar[str] = "credit_note.rendered.v1"
    object_name: str
    sha256: str
