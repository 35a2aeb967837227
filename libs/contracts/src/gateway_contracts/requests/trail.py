"""Requests to svc-transaction for the trail of an order: its payments, and what caused each change of them."""

from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from gateway_contracts.base import Contract
from gateway_contracts.fields import Open
from gateway_contracts.requests.case import CaseKind, CaseStatus
from gateway_contracts.requests.dispute import DisputeKind, DisputeStatus
from gateway_contracts.requests.refund import RefundStatus
from gateway_contracts.requests.transaction import CheckoutStatus, Failure, TimelineEntry, TransactionStatus
from gateway_contracts.rpc import Method

ATTEMPTS_MAX: Final = 10
"""Attempts to pay that one trail has; of more the latest, and the one that was asked for."""
CHANGES_MAX: Final = 60
"""Changes of one attempt, likewise."""
PARTS_MAX: Final = 30
"""Calls, refunds, disputes and cases of one attempt, likewise."""

CallKind = Literal["create", "cancel", "ask", "capture", "refund", "refund_case", "fee"]
CallState = Literal["intent", "waiting", "unknown", "done", "refused", "abandoned", "set_aside"]


class TrailRequest(Contract):
    """The order that this id leads to: of a transaction or checkout, or of a part of one.

    Parts are refunds, disputes, cases, calls to the provider, and webhooks whose reports are stored.
    """

    id: str = Field(min_length=1, max_length=128)


class CallTrail(Contract):
    """One thing that a provider was asked to do.

    Attributes:
        attempts: repetitions after a first try without an outcome.
        correlation_id: of the request or webhook during which it was decided.
        closed_at: when its outcome was stored.
    """

    id: str
    kind: Open[CallKind]
    state: Open[CallState]
    attempts: int = 0
    refund_id: str | None = None
    case_id: str | None = None
    correlation_id: str | None = None
    created_at: datetime
    closed_at: datetime | None = None


class RefundTrail(Contract):
    """One refund, without texts that people wrote."""

    id: str
    status: RefundStatus
    source: Literal["api", "provider", "case"] = "api"
    failure: Failure | None = None
    case_id: str | None = None
    created_at: datetime
    updated_at: datetime


class DisputeTrail(Contract):
    """One dispute."""

    id: str
    kind: DisputeKind
    status: DisputeStatus
    opened_at: datetime
    closed_at: datetime | None = None


class CaseTrail(Contract):
    """One fact that waits, or waited, for a person."""

    id: str
    kind: Open[CaseKind]
    status: CaseStatus
    created_at: datetime
    resolved_at: datetime | None = None


class ReportTrail(Contract):
    """A report of the provider that is stored and not applied.

    Attributes:
        id: of the report, or of the note about a webhook that could not be read as reports.
        state: ``parked`` until the payment is far enough for it; ``set_aside``: it cannot be applied.
        event_id: the webhook that brought it.
    """

    id: str
    state: Open[Literal["parked", "set_aside"]]
    event_id: str
    created_at: datetime


class PaymentTrail(Contract):
    """One attempt to pay. Its parts are in the order in which they were stored."""

    id: str
    status: TransactionStatus
    provider_type: str
    failure: Failure | None = None
    trace_id: str | None = None
    created_at: datetime
    changes: tuple[TimelineEntry, ...] = ()
    calls: tuple[CallTrail, ...] = ()
    refunds: tuple[RefundTrail, ...] = ()
    disputes: tuple[DisputeTrail, ...] = ()
    cases: tuple[CaseTrail, ...] = ()
    reports: tuple[ReportTrail, ...] = ()


class OrderTrail(Contract):
    """A checkout and the attempts to pay it, oldest first.

    Attributes:
        is_complete: false where parts are left out.
    """

    checkout_id: str
    status: CheckoutStatus
    created_at: datetime
    payments: tuple[PaymentTrail, ...] = ()
    is_complete: bool = True


GET_TRAIL = Method("rpc.transaction.get_trail", TrailRequest, OrderTrail)
