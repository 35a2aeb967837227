"""Requests to svc-transaction about disputes and customer holds."""

from datetime import datetime
from typing import ClassVar, Literal

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.base import Contract
from gateway_contracts.requests.transaction import TransactionRef
from gateway_contracts.rpc import Method

DisputeKind = Literal["inquiry", "chargeback", "bank_return"]
DisputeStatus = Literal["open", "under_review", "won", "lost", "accepted"]
HoldAction = Literal["block_all", "manual_review", "allow_provider_types"]
HoldReason = Literal["lost_dispute", "accepted_dispute"]


class UpdateDispute(Contract):
    """An operator says where a dispute stands; notified only if asked for."""

    transaction_id: str
    dispute_id: str
    status: DisputeStatus
    dispatch_ipn: bool = False


class DisputeRecord(Contract):
    """A dispute as its merchant sees it. The amount is written in its ``amount_format``, that of its transaction."""

    AMOUNTS: ClassVar = ("amount",)

    id: str
    transaction_id: str
    provider_id: str
    provider_type: str
    provider_dispute_id: str | None = None
    kind: DisputeKind
    status: DisputeStatus
    amount: int
    currency: str
    amount_format: AmountFormat = "minor"
    livemode: bool
    funds_withdrawn: bool
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None


class DisputeList(Contract):
    """The disputes of one transaction, the oldest first; of more than 200 the latest."""

    disputes: tuple[DisputeRecord, ...]


class HoldQuery(Contract):
    """Holds of one customer (by e-mail address), or all; released ones too if asked for."""

    email: str | None = None
    with_released: bool = False


class HoldRef(Contract):
    hold_id: str


class HoldRecord(Contract):
    """Restriction of a customer's checkouts after a lost or accepted dispute."""

    id: str
    action: HoldAction
    reason: HoldReason
    allowed_provider_types: tuple[str, ...] = ()
    transaction_id: str
    dispute_id: str
    active: bool
    created_at: datetime
    released_at: datetime | None = None


class HoldList(Contract):
    """Newest first, at most 100."""

    holds: tuple[HoldRecord, ...]


LIST_DISPUTES = Method("rpc.transaction.list_disputes", TransactionRef, DisputeList)
UPDATE_DISPUTE = Method("rpc.transaction.update_dispute", UpdateDispute, DisputeRecord)
LIST_HOLDS = Method("rpc.transaction.list_holds", HoldQuery, HoldList)
RELEASE_HOLD = Method("rpc.transaction.release_hold", HoldRef, HoldRecord)
