"""Requests to svc-invoice."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from pydantic import BeforeValidator, Field

from gateway_contracts.amount_fields import KnownCurrency
from gateway_contracts.base import Contract
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Open
from gateway_contracts.list_filters import NONE_IF_EMPTY, IdFilter, PeriodFields, one_of
from gateway_contracts.pages import PageRow
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.rpc import Method

PRINT_TIMEOUT_S: Final = 60.0
"""Of a document that is made while its caller waits."""

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


CreditReason = Literal["refund", "dispute", "void", "manual"]
"""Why there is a credit note: money went back, the invoice was reversed, or its merchant takes a part of it back."""


def _decimal_text(value: object) -> object:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class InvoiceLine(Contract):
    """``unit_price`` and ``total`` are gross or net as the invoice's ``amount_type`` says; ``net`` is without VAT."""

    description: str
    quantity: Annotated[int | str, BeforeValidator(_decimal_text)]
    """A number where it is whole, else decimal text."""
    unit: str | None = None
    """Of UN/ECE Recommendations 20 and 21; null: pieces."""
    unit_price: int
    total: int
    net: int | None = None
    vat_rate: str | None = None


class InvoiceItemRecord(Contract):
    """An item as the merchant wrote it."""

    description: str
    quantity: str
    """Decimal text."""
    unit: str | None = None
    """Of UN/ECE Recommendations 20 and 21; null: pieces."""
    unit_price: int
    amount_type: Literal["gross", "net"] = "gross"
    item_type: str = "goods"
    tax_rate: str | None = None
    category: str | None = None
    reason: str | None = None


class InvoiceDiscountRecord(Contract):
    """A discount as the merchant wrote it."""

    amount: int
    description: str | None = None


class InvoiceShippingRecord(Contract):
    """A charge for shipping as the merchant wrote it."""

    amount: int
    description: str | None = None
    tax_rate: str | None = None
    category: str | None = None
    reason: str | None = None


class InvoiceSettlement(Contract):
    """A payment of the invoice."""

    transaction_id: str
    provider_type: str
    paid_at: datetime
    settled: int
    refunded: int = 0


class InvoiceCorrection(Contract):
    """A correction of what an issued invoice says beside its amounts."""

    at: datetime
    by: str
    """Kind and id of the caller."""
    reason: str | None = None
    """Null in lists."""
    fields: tuple[str, ...] = ()
    """What was changed."""


class InvoiceAccountingRecord(Contract):
    """VAT in the accounting currency."""

    currency: str
    rate: str
    source: str
    date: str
    vat: int
    """In minor units of that currency."""


class InvoicePaymentLink(Contract):
    """A payment page of the invoice."""

    payment_url: str
    amount: int
    """What it asks for, in minor units."""
    expires_at: datetime


class InvoiceAllowance(Contract):
    """A discount on the whole document, as a positive amount."""

    description: str
    total: int


class VatGroup(Contract):
    """Totals of one category and rate of VAT: ``net + vat = gross``."""

    rate: str | None = None
    category: str | None = None
    """Null where the document states no VAT, and in documents from before there were categories."""
    net: int
    vat: int
    gross: int


class RegisterEntry(Contract):
    """A row of the register about a document: its issue, or a correction of its texts."""

    position: int
    """In the register, from 1."""
    document_hash: str
    """SHA-256 of what the document says."""
    seal: str
    """SHA-256 over the row and the seal of the row before."""
    correction: int | None = None
    """Number of the correction; null for the issue."""


class DocumentRecord(PageRow):
    """The merchant's view of every document. Amounts in minor units."""

    LONG: ClassVar[Mapping[str, Any]] = {
        **dict.fromkeys(("lines", "allowances", "vat_groups", "register_entries"), ()),
        **dict.fromkeys(("buyer", "seller")),
    }

    id: str
    site_id: str
    transaction_id: str | None = None
    """Of the first payment; null where there is none."""
    checkout_id: str | None = None
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
    """Null in lists."""
    buyer_name: str | None = None
    seller: Party | None = None
    """As the document names it; null in lists and in drafts, which get it at their issue."""
    register_entries: tuple[RegisterEntry, ...] = ()
    """Empty in lists and in drafts."""
    client_id: str | None = None
    language: str = "en"
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

    LONG: ClassVar = {
        **DocumentRecord.LONG,
        **dict.fromkeys(("items", "settlements", "corrections"), ()),
        **dict.fromkeys(("notes", "payment_terms", "shipping_address")),
    }

    number: str | None = None
    status: Literal["draft", "issued"]
    state: Open[InvoiceState]
    settled: int
    refunded: int = 0
    """Of the settled money, what went back by refunds and lost disputes."""
    credited: int = 0
    """What credit notes took back of the total."""
    outstanding: int = 0
    """What is still to be paid; of a draft, what will be."""
    settlements: tuple[InvoiceSettlement, ...] = ()
    draft_reason: str | None = None
    """The first of the draft's reasons."""
    draft_reasons: tuple[str, ...] = ()
    """What speaks against the issue: ``TAX_RATE_REQUIRED`` …"""
    issued_at: datetime | None = None
    scheduled_finalize_at: datetime | None = None
    items: tuple[InvoiceItemRecord, ...] = ()
    """What the merchant wrote; empty where the lines come from a payment."""
    discount: InvoiceDiscountRecord | None = None
    shipping: InvoiceShippingRecord | None = None
    shipping_address: Party | None = None
    due_date: str | None = None
    payment_terms: str | None = None
    buyer_reference: str | None = None
    order_reference: str | None = None
    notes: str | None = None
    corrections: tuple[InvoiceCorrection, ...] = ()
    accounting_rate: InvoiceAccountingRecord | None = None
    payment_link: InvoicePaymentLink | None = None
    """The latest payment page, while something can be paid by it; null in lists."""


class CreditNoteRecord(DocumentRecord):
    """A credit note as its merchant sees it. Amounts are positive: so much less is owed."""

    number: str
    invoice_id: str
    invoice_number: str
    reason: Open[CreditReason]
    note: str | None = None
    """Why, in the merchant's words."""
    origin_id: str
    """The refund or dispute that took the money back; without one, the id of the invoice or of the credit note."""
    issued_at: datetime


class InvoiceRef(Contract):
    invoice_id: str


class DocumentFilters(PeriodFields):
    transaction_id: IdFilter | None = None
    number: str | None = Field(None, max_length=100)


class InvoiceFilters(DocumentFilters):
    state: Annotated[InvoiceState | None, one_of(get_args(InvoiceState))] = Field(None, description="Computed state.")
    currency: Annotated[KnownCurrency | None, NONE_IF_EMPTY] = Field(None, description="Currency code of ISO 4217.")
    client_id: IdFilter | None = None
    external_reference: str | None = Field(None, max_length=100, description="Your own reference, the whole of it.")
    text: str | None = Field(
        None,
        max_length=200,
        description="Whole words, in either case, of numbers, references and descriptions of lines; all must occur.",
    )


class DocumentQuery(DocumentFilters, Contract):
    pass


class InvoiceQuery(InvoiceFilters, DocumentQuery):
    pass


class InvoicePage(PageReply):
    invoices: tuple[InvoiceRecord, ...]


class CreditNoteRef(Contract):
    credit_note_id: str


class CreditNoteFilters(DocumentFilters):
    invoice_id: IdFilter | None = None


class CreditNoteQuery(CreditNoteFilters, DocumentQuery):
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


class ReceiptRef(Contract):
    """The receipt of one payment of an invoice."""

    invoice_id: str
    transaction_id: str


class MadeDocument(Contract):
    """A document that was made for one request and is kept nowhere."""

    file_name: str
    pdf: str = Field(repr=False)
    """Base64."""


class EInvoiceRef(Contract):
    """The electronic form of a document: its XML, or for ``zugferd`` the PDF that carries it."""

    document_id: str
    kind: Literal["invoice", "credit_note"]
    format: Literal["xrechnung", "peppol", "zugferd"]


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
GET_PRO_FORMA = Method("rpc.invoice.get_pro_forma", InvoiceRef, MadeDocument, timeout_s=PRINT_TIMEOUT_S)
GET_RECEIPT = Method("rpc.invoice.get_receipt", ReceiptRef, MadeDocument, timeout_s=PRINT_TIMEOUT_S)
# On a busy machine the first one of a process takes seconds.
GET_E_INVOICE = Method("rpc.invoice.get_e_invoice", EInvoiceRef, DocumentRef, timeout_s=20.0)
GET_CORRECTION = Method("rpc.invoice.get_correction", CorrectionQuery, CorrectionRef)
LIST_OWN_DOCUMENTS = Method("rpc.invoice.public_list_documents", OwnedDocuments, CustomerDocuments)
