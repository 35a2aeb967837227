"""Facts about checkout sessions and cases, written by svc-transaction."""

from datetime import datetime
from typing import ClassVar

from gateway_contracts.envelope import EventData
from gateway_contracts.sale_facts import OrderFacts


class CheckoutChange(OrderFacts, EventData):
    """Fields of every checkout event."""

    checkout_id: str
    site_id: str
    amount: int
    currency: str
    occurred_at: datetime


class CheckoutCreatedV1(CheckoutChange):
    """A merchant created a checkout."""

    TYPE: ClassVar[str] = "checkout.created.v1"
    expires_at: datetime


class CheckoutCompletedV1(CheckoutChange):
    """One of its transactions succeeded."""

    TYPE: ClassVar[str] = "checkout.completed.v1"
    transaction_id: str


class CheckoutExpiredV1(CheckoutChange):
    """Its time ran out unpaid."""

    TYPE: ClassVar[str] = "checkout.expired.v1"


class CaseOpenedV1(EventData):
    """Money or a provider's fact that fits no transition waits for a person."""

    TYPE: ClassVar[str] = "case.opened.v1"
    case_id: str
    kind: str
    """``late_payment``, ``duplicate_payment``, ``amount_mismatch``, ``double_reversal``, ``unmatched_event``,
    ``refund_missing``, ``document_correction``."""
    transaction_id: str | None = None
    site_id: str | None = None
    """Of the transaction, if it has one."""
    provider_id: str
    amount: int | None = None
    currency: str | None = None
    occurred_at: datetime


class CaseClosedV1(EventData):
    """The case was decided."""

    TYPE: ClassVar[str] = "case.closed.v1"
    case_id: str
    kind: str
    resolution: str
    """``accepted``, ``refunded``, ``dismissed``."""
    transaction_id: str | None = None
    site_id: str | None = None
    """Of the transaction, if it has one."""
    provider_id: str
    amount: int | None = None
    currency: str | None = None
    opened_at: datetime | None = None
    """Absent in events of earlier versions."""
    refund_id: str | None = None
    occurred_at: datetime
