"""Facts about money that goes back, written by svc-transaction."""

from datetime import datetime
from typing import ClassVar, Literal

from gateway_contracts.base import Contract
from gateway_contracts.envelope import EventData
from gateway_contracts.sale_facts import OrderFacts


class RefundLine(Contract):
    """How much of one line of the sale goes back; ``line`` counts the checkout's items from 0."""

    line: int
    amount: int
    quantity: int | None = None


class RefundChange(OrderFacts, EventData):
    """Fields of every refund event."""

    refund_id: str
    transaction_id: str
    checkout_id: str
    site_id: str
    provider_id: str
    provider_type: str
    status: str
    """``requested``, ``succeeded``, ``failed``, ``canceled``."""
    amount: int
    currency: str
    lines: tuple[RefundLine, ...] = ()
    funds: Literal["sale", "held"] = "sale"
    """``held``: late, duplicate or surplus money; never a credit note."""
    source: str
    """``api``, ``provider``, ``case``."""
    captured: int
    """Of the transaction, as it stands with this refund."""
    refunded: int
    """Confirmed refunds of the transaction, this one included where it succeeded."""
    failure_code: str | None = None
    occurred_at: datetime


class RefundRequestedV1(RefundChange):
    """The amount is reserved; the provider was not asked yet."""

    TYPE: ClassVar[str] = "refund.requested.v1"


class RefundSucceededV1(RefundChange):
    """The money went back."""

    TYPE: ClassVar[str] = "refund.succeeded.v1"


class RefundFailedV1(RefundChange):
    """It did not, or it came back: the reservation is released."""

    TYPE: ClassVar[str] = "refund.failed.v1"

    was_succeeded: bool = False
    """It had been reported as succeeded before."""
