"""Transactions, cases and invoices as answers."""

from admin_api.shared.web.schemas.base import ListView
from gateway_contracts.bodies import Body, ChangeBody, Warnings
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.requests.invoice import CreditNoteRecord, InvoiceRecord
from gateway_contracts.requests.ipn import DeliveryRecord
from gateway_contracts.requests.transaction import TransactionRecord
from gateway_contracts.sale_fields import Metadata, ReceiptFields


class ReceiptIn(ReceiptFields, Body):
    """Money that arrived on the merchant's bank account."""


class MetadataIn(Body, extra="ignore"):
    """All metadata from now on; everything else about a payment is decided by what happens to it."""

    metadata: Metadata


class MetadataPatch(ChangeBody, extra="ignore"):
    """Metadata: given keys are set, an empty value or null deletes its key."""

    metadata: Metadata


class TransactionView(TransactionRecord):
    """A transaction with its notifications and its invoice.

    ``unavailable`` names parts that could not be read just now (their service does not answer).
    """

    ipn: tuple[DeliveryRecord, ...] | None = None
    invoice_id: str | None = None
    unavailable: tuple[str, ...] = ()


class TransactionChangedView(TransactionRecord):
    """A changed transaction."""

    warnings: Warnings = ()


class TransactionListView(ListView):
    transactions: list[TransactionRecord]


class CaseListView(ListView):
    cases: list[CaseRecord]


class DeliveryListView(ListView):
    deliveries: list[DeliveryRecord]


class InvoiceListView(ListView):
    invoices: list[InvoiceRecord]


class CreditNoteListView(ListView):
    credit_notes: list[CreditNoteRecord]
