"""Requests to svc-invoice."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from gateway_contracts.base import Contract
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Open
from gateway_contracts.list_filters import IdFilter, PeriodFields
from gateway_contracts.pages import PageRow
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.rpc import Method

InvoiceState = Literal[
    "draft",
    "voided",
    "refunded",
    "partially_refunded",
    "credited",
    "overpaid",
    "settled",
    "partially_settled",
    "open",
]
"""Computed from money and credit notes, never stored as the truth (docs/glossary.md, states)."""


class InvoiceLine(Contract):
    """``unit_price`` and ``total`` are gross or net as the invoice's ``amount_type`` says; ``net`` is without VAT."""

    description: str
    quantity: int
    unit_price: int
    total: int
    net: int | None = None
    vat_rate: str | None = None


class InvoiceAllowance(Contract):
    """A discount on the whole document, as a positive amount."""

    description: str
    total: int


class VatGroup(Contract):
    """Totals of one VAT rate: ``net + vat = gross``."""

    rate: str | None = None
    net: int
    vat: int
    gross: int


class DocumentRecord(PageRow):
    """The merchant's view of every document. Amounts in minor units."""

    LONG: ClassVar = {"lines": (), "allowances": (), "vat_groups": (), "buyer": None}

    id: str
    site_id: str
    transaction_id: str
    checkout_id: str
    livemode: bool
    currency: str
    net: int
    vat: int
    total: int
    amount_type: Literal["gross", "net"] = "gross"
    lines: tuple[InvoiceLine, ...] = ()
    allowances: tuple[InvoiceAllowance, ...] = ()
    vat_groups: tuple[VatGroup, ...] = ()
    buyer: Party | None = None
    external_reference: str | None = None
    pdf_object: str | None = None
    pdf_sha256: str | None = None
    created_at: datetime
    issued_on: str | None = None
    """The legal date (ISO 8601) in ``time_zone``: what is printed, and what the number's period follows."""
    paid_on: str | None = None
    """The legal date of the payment, or of the money that went back."""
    supplied_on: str | None = None
    """The date of supply that is printed."""
    time_zone: str | None = None


class InvoiceRecord(DocumentRecord):
    """An invoice, as its merchant sees it."""

    number: str | None = None
    status: Literal["draft", "issued"]
    state: Open[InvoiceState]
    settled: int
    refunded: int = 0
    """Of the settled money, what went back by refunds and lost disputes."""
    credited: int = 0
    """What credit notes took back of the total."""
    draft_reason: str | None = None
    """Why it could not be issued by itself: ``TAX_RATE_REQUIRED`` …"""
    issued_at: datetime | None = None


class CreditNoteRecord(DocumentRecord):
    """A credit note as its merchant sees it. Amounts are positive: so much less is owed."""

    number: str
    invoice_id: str
    invoice_number: str
    reason: Literal["refund", "dispute"]
    origin_id: str
    """The refund or dispute that took the money back."""
    issued_at: datetime


class InvoiceRef(Contract):
    invoice_id: str


class InvoiceFilters(PeriodFields):
    transaction_id: IdFilter | None = None
    number: str | None = Field(None, max_length=100)


class InvoiceQuery(InvoiceFilters, Contract):
    pass


class InvoicePage(PageReply):
    invoices: tuple[InvoiceRecord, ...]


class CreditNoteRef(Contract):
    credit_note_id: str


class CreditNoteFilters(InvoiceFilters):
    invoice_id: IdFilter | None = None


class CreditNoteQuery(CreditNoteFilters, InvoiceQuery):
    pass


class CreditNotePage(PageReply):
    credit_notes: tuple[CreditNoteRecord, ...]


class CorrectionQuery(Contract):
    """Which credit note a refund or dispute has."""

    transaction_id: str
    origin_id: str


class CorrectionRef(Contract):
    """``none``: none is due, ever; ``unknown``: the reversal has not been handled yet, ask again."""

    state: Literal["issued", "none", "unknown"]
    credit_note_id: str | None = None
    number: str | None = None


class DocumentRef(Contract):
    """Where a rendered document lies in the object store, and what opens it.

    Attributes:
        sha256: of the document in clear.
        key: its content key, base64. Only ever in a reply, which no stream keeps; never logged.
    """

    object_name: str
    file_name: str
    sha256: str
    key: str = Field(repr=False)
    media_type: str = "application/pdf"


class OwnedDocuments(Contract):
    """The documents of one checkout session, requested by a caller that can name it."""

    session_public_id: str
    document_id: str | None = None


class CustomerDocument(Contract):
    id: str
    number: str
    kind: Literal["invoice", "credit_note"] = "invoice"
    total: int
    currency: str
    issued_at: datetime
    document: DocumentRef | None = None
    """Absent until it is rendered."""


class CustomerDocuments(Contract):
    documents: tuple[CustomerDocument, ...]


GET_INVOICE = Method("rpc.invoice.get_invoice", InvoiceRef, InvoiceRecord)
LIST_INVOICES = Method("rpc.invoice.list_invoices", InvoiceQuery, InvoicePage)
GET_INVOICE_PDF = Method("rpc.invoice.get_invoice_pdf", InvoiceRef, DocumentRef)
GET_CREDIT_NOTE = Method("rpc.invoice.get_credit_note", CreditNoteRef, CreditNoteRecord)
LIST_CREDIT_NOTES = Method("rpc.invoice.list_credit_notes", CreditNoteQuery, CreditNotePage)
GET_CREDIT_NOTE_PDF = Method("rpc.invoice.get_credit_note_pdf", CreditNoteRef, DocumentRef)
GET_CORRECTION = Method("rpc.invoice.get_correction", CorrectionQuery, CorrectionRef)
LIST_OWN_DOCUMENTS = Method("rpc.invoice.public_list_documents", OwnedDocuments, CustomerDocuments)
