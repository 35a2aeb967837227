"""When a transaction has come to rest."""

from collections.abc import Sequence

from gateway_contracts.requests.customer import StatusView
from gateway_contracts.requests.invoice import CustomerDocument
from gateway_contracts.requests.transaction import NUMERIC_STATUS

FINAL = frozenset({"succeeded", "failed", "canceled", "refunded"})


def is_final(status: str) -> bool:
    """Whether the customer has nothing more to wait for (a late success may still come)."""
    return status in FINAL


def numeric(status: str) -> int:
    """The integer of the public API."""
    return NUMERIC_STATUS[status]


def has_document(documents: Sequence[CustomerDocument]) -> bool:
    """Whether at least one document can be downloaded."""
    return any(document.document is not None for document in documents)


def is_complete(view: StatusView, documents: Sequence[CustomerDocument]) -> bool:
    """Whether nothing on the customer's page will change any more: failed or canceled, or paid and invoiced."""
    if view.status in {"succeeded", "refunded"}:
        return has_document(documents)
    return is_final(view.status)
