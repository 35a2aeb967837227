"""Facts about invoices, written by svc-invoice."""

from datetime import datetime
from typing import ClassVar

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
