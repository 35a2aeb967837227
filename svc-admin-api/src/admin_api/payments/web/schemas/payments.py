"""Transactions, cases and invoices as answers."""

from typing import Annotated

from pydantic import Field, StringConstraints

from admin_api.payments.web.schemas.checkout import Amount, KnownCurrency, Metadata
from admin_api.shared.web.schemas.base import View
from admin_api.shared.web.schemas.moments import Moment
from gateway_contracts.bodies import Body, ChangeBody, Warnings
from gateway_contracts.limits import BANK_REFERENCE_CHARACTERS_MAX
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.requests.invoice import CreditNoteRecord, InvoiceRecord
from gateway_contracts.requests.ipn import DeliveryRecord
from gateway_contracts.requests.transaction import TransactionRecord


class ReceiptIn(Body):
    """Money that arrived on the merchant's bank account."""

    amount: Amount
    currency: KnownCurrency
    received_at: Moment
    bank_reference: Annotated[
        str, StringConstraints(min_length=1, max_length=BANK_REFERENCE_CHARACTERS_MAX, strip_whitespace=True)
    ] = Field(description="The bank's own reference; the same one is counted once.")
    final: bool = Field(False, description="Accept less than the amount and write off the rest.")
    dispatch_ipn: bool = True


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


class TransactionListView(View):
    transactions: list[TransactionRecord]
    total: int
    total_capped: bool
    page: int
    limit: int
    next_cursor: str | None


class CaseListView(View):
    cases: list[CaseRecord]
    total: int
    total_capped: bool
    page: int
    limit: int
    next_cursor: str | None


class InvoiceListView(View):
    invoices: list[InvoiceRecord]
    total: int
    total_capped: bool
    page: int
    limit: int
    next_cursor: str | None


class CreditNoteListView(View):
    credit_notes: list[CreditNoteRecord]
    total: int
    total_capped: bool
    page: int
    limit: int
    next_cursor: str | None
