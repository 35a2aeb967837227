"""Cases: money or facts that wait for a person."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, get_args

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.base import Contract
from gateway_contracts.fields import Open
from gateway_contracts.list_filters import IdFilter, one_of
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.requests.transaction import PaymentFilters
from gateway_contracts.rpc import Method

CaseStatus = Literal["open", "accepted", "refunded", "dismissed"]


class CaseKind(StrEnum):
    """Why money or a fact waits for a person."""

    LATE_PAYMENT = "late_payment"
    DUPLICATE_PAYMENT = "duplicate_payment"
    AMOUNT_MISMATCH = "amount_mismatch"
    DOUBLE_REVERSAL = "double_reversal"
    UNMATCHED_EVENT = "unmatched_event"
    REFUND_MISSING = "refund_missing"
    DOCUMENT_CORRECTION = "document_correction"


class CaseRecord(Contract):
    """Money or an event that waits for a decision.

    The amount is written in its ``amount_format``: that of its transaction, minor units without one.
    """

    AMOUNTS: ClassVar = ("amount",)

    id: str
    kind: Open[CaseKind]
    status: CaseStatus
    transaction_id: str | None = None
    provider_id: str
    provider_type: str
    provider_event_type: str | None = None
    provider_payment_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    amount_format: AmountFormat = "minor"
    note: str | None = None
    refund_id: str | None = None
    created_at: datetime
    resolved_at: datetime | None = None


class CaseFilters(PaymentFilters):
    transaction_id: IdFilter | None = None
    status: Annotated[CaseStatus | None, one_of(get_args(CaseStatus))] = None


class CaseQuery(CaseFilters, Contract):
    pass


class CasePage(PageReply):
    cases: tuple[CaseRecord, ...]


LIST_CASES = Method("rpc.transaction.list_cases", CaseQuery, CasePage)
