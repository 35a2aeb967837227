"""Objects as the services behind the API answer them."""

from datetime import UTC, datetime
from typing import Any

from gateway_contracts.requests.invoice import InvoiceRecord
from gateway_contracts.requests.transaction import TimelineEntry, TransactionRecord

AT = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ID, OTHER_ID, SITE = "65f0c0ffee65f0c0ffee65f0", "65f0c0ffee65f0c0ffee65f1", "65f0c0ffee65f0c0ffee65f2"


def a_transaction(**changes: Any) -> TransactionRecord:
    """A card payment that succeeded, with changes."""
    values: dict[str, Any] = {
        "id": ID,
        "checkout_id": OTHER_ID,
        "session_public_id": "cs_x",
        "site_id": SITE,
        "provider_id": OTHER_ID,
        "provider_type": "stripe",
        "status": "succeeded",
        "amount": 4900,
        "currency": "EUR",
        "livemode": False,
        "timeline": (TimelineEntry(at=AT, type="created", effect="applied", source="customer"),),
        "trace_id": "a" * 32,
        "sequence": 3,
        "created_at": AT,
        "updated_at": AT,
    }
    return TransactionRecord(**{**values, **changes})


def an_invoice(**changes: Any) -> InvoiceRecord:
    """The invoice of that payment, with changes."""
    values: dict[str, Any] = {
        "id": OTHER_ID,
        "number": "INV-0001",
        "status": "issued",
        "state": "settled",
        "site_id": SITE,
        "transaction_id": ID,
        "checkout_id": OTHER_ID,
        "livemode": False,
        "currency": "EUR",
        "net": 4118,
        "vat": 782,
        "total": 4900,
        "settled": 4900,
        "created_at": AT,
    }
    return InvoiceRecord(**{**values, **changes})
