"""Facts about invoices and credit notes, written by svc-invoice."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from gateway_contracts.envelope import EventData
from gateway_contracts.public_events import INTERNAL


class InvoiceChange(EventData):
    """Fields of every invoice event. No personal data.

    Attributes:
        transaction_id, checkout_id: of the first payment; empty where there is none.
    """

    invoice_id: str
    number: str
    site_id: str
    transaction_id: str
    checkout_id: str
    currency: str
    total: int
    occurred_at: datetime


class InvoiceDraftedV1(EventData):
    """An invoice should be issued and cannot: it has no number, and waits for its merchant. No personal data.

    Attributes:
        reason: a stable code, such as ``TAX_RATE_REQUIRED``; ``draftReason`` of the invoice.
        transaction_id, checkout_id: of its payment; empty where there is none.
        total: of the payment, or of what is written; its VAT may not be determined.
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
    """Fields of every event of a credit note for a refund or a lost dispute. No personal data. Amounts are positive."""

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


class InvoiceSettledV1(InvoiceChange):
    """A payment of an issued invoice came. It may be a part of what is owed, or more.

    Attributes:
        transaction_id, checkout_id: of this payment.
        amount: of this payment.
        settled: all payments so far, and what is outstanding then.
        state: the invoice's computed state.
    """

    TYPE: ClassVar[str] = "invoice.settled.v1"
    amount: int
    settled: int
    outstanding: int
    state: str


class InvoiceVoidedV1(InvoiceChange):
    """The invoice was reversed by a credit note over all that was left of it, before any money came."""

    TYPE: ClassVar[str] = "invoice.voided.v1"
    credit_note_id: str
    credit_note_number: str


class InvoiceCorrectedV1(InvoiceChange):
    """An issued invoice says something else beside its amounts. Its PDF is made again.

    Attributes:
        fields: the changed ones, such as ``buyerReference``; ``client`` is the buyer.
        times: how often the invoice was corrected, this time included.
    """

    TYPE: ClassVar[str] = "invoice.corrected.v1"
    fields: tuple[str, ...]
    times: int
