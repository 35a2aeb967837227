"""Transactions, cases, invoices, clients and domains as answers."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, StringConstraints

from admin_api.web.schemas.base import Input, ObjectId, View, custom
from admin_api.web.schemas.checkout import Amount, Currency
from gateway_contracts.requests.invoice import InvoiceRecord
from gateway_contracts.requests.ipn import DeliveryRecord
from gateway_contracts.requests.transaction import CaseRecord, TransactionRecord


def _moment(value: Any) -> Any:
    if not isinstance(value, str):
        raise custom("date_invalid", "must be an ISO 8601 time, such as 2026-01-31T12:00:00Z")
    return datetime.fromisoformat(value) if _is_iso(value) else value


def _is_iso(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise custom("date_invalid", "must be an ISO 8601 time, such as 2026-01-31T12:00:00Z") from None
    return True


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]


class ReceiptIn(Input):
    """Money that arrived on the merchant's bank account."""

    amount: Amount
    currency: Currency
    received_at: Moment
    bank_reference: Annotated[str, StringConstraints(min_length=1, max_length=140, strip_whitespace=True)] = Field(
        description="The bank's own reference; the same one is counted once."
    )
    final: bool = Field(False, description="Accept less than the amount and write off the rest.")
    dispatch_ipn: bool = True


class TransactionView(TransactionRecord):
    """A transaction with its notifications and its invoice.

    ``unavailable`` names parts that could not be read just now (their service does not answer).
    """

    ipn: tuple[DeliveryRecord, ...] | None = None
    invoice_id: str | None = None
    unavailable: tuple[str, ...] = ()


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
    page: int
    limit: int


class InvoiceListView(View):
    invoices: list[InvoiceRecord]
    total: int
    total_capped: bool
    page: int
    limit: int
    next_cursor: str | None


class PlaintextView(View):
    """A value that is kept encrypted."""

    plaintext: str


class ClientAddressView(View):
    line1: PlaintextView | None
    line2: PlaintextView | None
    city: PlaintextView | None
    postal_code: PlaintextView | None
    state: PlaintextView | None
    country: str | None


class ClientView(View):
    id: str
    livemode: bool
    email: PlaintextView | None
    name: PlaintextView | None
    company: PlaintextView | None
    phone: PlaintextView | None
    address: ClientAddressView
    tax_info: dict[str, Any] | None
    payments: int
    transaction_ids: list[str] = Field(description="The latest.")
    created_at: datetime
    updated_at: datetime


class ClientListView(View):
    clients: list[ClientView]
    total: int
    total_capped: bool
    page: int
    limit: int


class DomainIn(Input):
    """A merchant's own checkout domain."""

    site_id: ObjectId
    name: Annotated[str, StringConstraints(min_length=4, max_length=253, strip_whitespace=True, to_lower=True)] = Field(
        examples=["pay.example.com"]
    )
