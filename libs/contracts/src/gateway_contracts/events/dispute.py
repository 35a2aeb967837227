"""Facts about disputes, written by svc-transaction."""

from datetime import datetime
from typing import ClassVar

from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.envelope import EventData
from gateway_contracts.sale_facts import OrderFacts


class DisputeChange(OrderFacts, EventData):
    """Fields of every dispute event. ``session_public_id`` and ``ipn_url`` are encrypted, bound to this event's id."""

    dispute_id: str
    transaction_id: str
    transaction_sequence: int
    """The transaction's version with this change."""
    transaction_status: str
    checkout_id: str
    session_public_id: EncryptedValue
    site_id: str
    provider_id: str
    provider_type: str
    kind: str
    """``inquiry``, ``chargeback``, ``bank_return``."""
    status: str
    """``open``, ``under_review``, ``won``, ``lost``, ``accepted``."""
    amount: int
    currency: str
    funds_withdrawn: bool
    ipn_url: EncryptedValue | None = None
    dispatch_ipn: bool = True
    manual: bool = False
    occurred_at: datetime


class DisputeOpenedV1(DisputeChange):
    """The payer contests a payment."""

    TYPE: ClassVar[str] = "dispute.opened.v1"


class DisputeUpdatedV1(DisputeChange):
    """It goes on: other status, other amount, money withdrawn or given back."""

    TYPE: ClassVar[str] = "dispute.updated.v1"


class DisputeClosedV1(DisputeChange):
    """Decided: won, lost or accepted."""

    TYPE: ClassVar[str] = "dispute.closed.v1"
