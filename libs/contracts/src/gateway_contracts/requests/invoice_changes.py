"""Requests to svc-invoice that change something: drafts, issues, corrections, credit notes, payment links."""

from datetime import datetime
from typing import Annotated

from gateway_contracts.base import Contract
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Moment, ObjectId, Reason, Url
from gateway_contracts.invoice_fields import (
    AccountingRateFields,
    CreditLineFields,
    DiscountFields,
    DraftFields,
    InvoiceItemFields,
    Notes,
    PaymentLinkFields,
    ShippingFields,
    TermsFields,
)
from gateway_contracts.requests.invoice import (
    CreditNoteRecord,
    InvoiceAllowance,
    InvoiceLine,
    InvoiceRecord,
    InvoiceRef,
    VatGroup,
)
from gateway_contracts.requests.transaction import Buyer
from gateway_contracts.rpc import Empty, Method
from gateway_contracts.rules import ReadBy
from gateway_contracts.sale_fields import Items


class InvoiceItem(Contract):
    """One item of a draft; see `InvoiceItemFields`."""

    description: str
    quantity: str = "1"
    unit: str | None = None
    unit_price: int
    amount_type: str = "gross"
    item_type: str = "goods"
    tax_rate: str | None = None
    category: str | None = None
    reason: str | None = None


class InvoiceDiscount(Contract):
    """A discount on the whole invoice."""

    amount: int
    description: str | None = None


class InvoiceShipping(Contract):
    """A charge for shipping."""

    amount: int
    description: str | None = None
    tax_rate: str | None = None
    category: str | None = None
    reason: str | None = None


class InvoiceAccountingRate(Contract):
    """An exchange rate into the accounting currency."""

    currency: str
    rate: str
    source: str
    date: str


class DraftContent(DraftFields, Contract):
    """Everything that a draft says. Fields that are not given are empty."""

    buyer: Buyer | None = None
    """The client as it is known now: the draft keeps its own copy. Without one the buyer stays."""
    ship_to: Buyer | None = None
    items: Items[Annotated[InvoiceItem, ReadBy(InvoiceItemFields)]] = ()
    discount: Annotated[InvoiceDiscount, ReadBy(DiscountFields)] | None = None
    shipping: Annotated[InvoiceShipping, ReadBy(ShippingFields)] | None = None
    accounting_rate: Annotated[InvoiceAccountingRate, ReadBy(AccountingRateFields)] | None = None


class CreateDraft(DraftContent):
    """A new draft. ``invoice_id`` is allocated by the caller."""

    invoice_id: ObjectId
    site_id: str


class PreviewDraft(DraftContent):
    """A draft that is priced and not stored."""

    site_id: str


class DraftPreview(Contract):
    """Totals of a draft with this content, and what it lacks. Amounts in minor units."""

    currency: str
    amount_type: str
    net: int
    vat: int
    total: int
    lines: tuple[InvoiceLine, ...] = ()
    allowances: tuple[InvoiceAllowance, ...] = ()
    vat_groups: tuple[VatGroup, ...] = ()
    draft_reasons: tuple[str, ...] = ()


class ReplaceDraft(DraftContent):
    """A draft as it is from now on."""

    invoice_id: str


class DraftFromTransaction(Contract):
    """A draft over what a payment was for. ``invoice_id`` is allocated by the caller."""

    invoice_id: ObjectId
    transaction_id: str


class ChangeNotes(Contract):
    """The text below the lines of a draft; None removes it."""

    invoice_id: str
    notes: Notes | None = None


class ScheduleDraft(Contract):
    """When a draft is issued by itself; None: by hand."""

    invoice_id: str
    scheduled_finalize_at: Moment | None = None


class LinkTransaction(Contract):
    """A payment settles an invoice."""

    invoice_id: str
    transaction_id: ObjectId


class VoidInvoice(Contract):
    """A formal reversal."""

    invoice_id: str
    credit_note_id: ObjectId
    """Allocated by the caller."""
    reason: Reason | None = None


class CorrectInvoice(TermsFields, Contract):
    """Corrects what an issued invoice says beside its amounts. Fields that are not given stay."""

    invoice_id: str
    reason: Reason
    buyer: Buyer = Party()


class CreditLine(Contract):
    """How much of one line of the invoice is taken back."""

    line: int
    amount: int


class CreateCreditNote(Contract):
    """A credit note of an invoice that nothing was paid of. Without lines: of all that is left."""

    credit_note_id: ObjectId
    """Allocated by the caller."""
    invoice_id: ObjectId
    reason: Reason
    lines: Items[Annotated[CreditLine, ReadBy(CreditLineFields)]] = ()


class CreatePaymentLink(PaymentLinkFields, Contract):
    """A checkout that settles an invoice. ``checkout_id`` is allocated by the caller."""

    invoice_id: str
    checkout_id: ObjectId
    page_origin: Url
    """Where the installation's payment pages are."""


class PaymentLink(Contract):
    """A checkout that settles an invoice."""

    id: str
    session_public_id: str
    short_code: str
    payment_url: str
    amount: int
    currency: str
    expires_at: datetime


CREATE_DRAFT = Method("rpc.invoice.create_draft", CreateDraft, InvoiceRecord)
PREVIEW_DRAFT = Method("rpc.invoice.preview_draft", PreviewDraft, DraftPreview)
REPLACE_DRAFT = Method("rpc.invoice.replace_draft", ReplaceDraft, InvoiceRecord)
DRAFT_FROM_TRANSACTION = Method("rpc.invoice.draft_from_transaction", DraftFromTransaction, InvoiceRecord, timeout_s=10)
CHANGE_NOTES = Method("rpc.invoice.change_notes", ChangeNotes, InvoiceRecord)
SCHEDULE_DRAFT = Method("rpc.invoice.schedule_draft", ScheduleDraft, InvoiceRecord)
LINK_TRANSACTION = Method("rpc.invoice.link_transaction", LinkTransaction, InvoiceRecord, timeout_s=10)
DELETE_DRAFT = Method("rpc.invoice.delete_draft", InvoiceRef, Empty)
ISSUE_INVOICE = Method("rpc.invoice.issue_invoice", InvoiceRef, InvoiceRecord, timeout_s=10)
VOID_INVOICE = Method("rpc.invoice.void_invoice", VoidInvoice, InvoiceRecord, timeout_s=10)
CORRECT_INVOICE = Method("rpc.invoice.correct_invoice", CorrectInvoice, InvoiceRecord, timeout_s=10)
REGENERATE_PDF = Method("rpc.invoice.regenerate_pdf", InvoiceRef, InvoiceRecord)
CREATE_CREDIT_NOTE = Method("rpc.invoice.create_credit_note", CreateCreditNote, CreditNoteRecord, timeout_s=10)
CREATE_PAYMENT_LINK = Method("rpc.invoice.create_payment_link", CreatePaymentLink, PaymentLink, timeout_s=10)
