"""Facts about invoices and credit notes, written by svc-invoice."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from gateway_contracts.envelope import EventData
from gateway_contracts.public_events import INTERNAL


class InvoiceChange(EventData):
    """Fields of every invoice event. No personal data."""

    invoice_id: str
    number: str
    site_id: str
    transaction_id: str
    checkout_id: str
    currency: str
    total: int
    occurred_at: datetime


class InvoiceDraftedV1(EventData):
    """A payment has an invoice that cannot be issued: it has no number, and waits for its merchant. No personal data.

    Attributes:
        reason: a stable code, such as ``TAX_RATE_REQUIRED``; ``draftReason`` of the invoice.
        total: of the payment; its VAT is not determined.
    """

    TYPE: ClassVar[str] = "invoice.drafted.v1"
    invoice_id: str
    reason: str
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
    object_name: Annotated[str, INTERNAL]
    sha256: str


class CreditNoteChange(EventData):
    """Fields of every event of a credit note. No personal data. Amounts are positive."""

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
    object_name: Annotated[str, INTERNAL]
    sha256: str
