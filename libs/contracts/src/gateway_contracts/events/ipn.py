"""Facts about notifications to merchants, written by svc-ipn."""

from datetime import datetime
from typing import ClassVar

from gateway_contracts.envelope import EventData


class IpnOutcome(EventData):
    """Fields of every notification event."""

    delivery_id: str
    transaction_id: str
    checkout_id: str
    site_id: str
    ipn_status: int
    """The numeric transaction status that was sent or was to be sent, -2 … 4."""
    attempts: int
    http_status: int | None = None
    occurred_at: datetime


class IpnDeliveredV1(IpnOutcome):
    """The merchant acknowledged it."""

    TYPE: ClassVar[str] = "ipn.delivered.v1"


class IpnExhaustedV1(IpnOutcome):
    """The schedule ended without acknowledgement."""

    TYPE: ClassVar[str] = "ipn.exhausted.v1"


class IpnSupersededV1(IpnOutcome):
    """A newer status, or a payment of the same order, made it pointless before it was delivered."""

    TYPE: ClassVar[str] = "ipn.superseded.v1"

    reason: str | None = None
    """``newer_status``, ``checkout_paid``, ``reference_paid``."""
