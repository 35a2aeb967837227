"""Refunds: what svc-transaction answers about money that goes back."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.base import Contract
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.fields import ObjectId
from gateway_contracts.pages import PageRow
from gateway_contracts.requests.transaction import Failure, TransactionRef
from gateway_contracts.rpc import Method
from gateway_contracts.rules import ReadBy
from gateway_contracts.sale_fields import Items, RefundFields, RefundLineFields

RefundStatus = Literal["requested", "pending", "succeeded", "failed", "canceled", "unknown"]
RefundFunds = Literal["sale", "held"]
"""``held``: money that never became part of the sale (late, duplicate, surplus); it makes no credit note."""


RefundOutcome = Literal["succeeded", "failed", "canceled"]


class CreateRefund(RefundFields, Contract):
    """Without an amount: that of the lines, else all that is left. Amounts are written in the transaction's
    ``amount_format``."""

    refund_id: ObjectId
    """Allocated by the caller, so that a resumed call meets its own result."""
    transaction_id: str
    lines: Items[Annotated[RefundLine, ReadBy(RefundLineFields)]] = ()


class RefundRef(Contract):
    transaction_id: str
    refund_id: str


class SettleRefund(Contract):
    """An operator's report on a refund that is made by hand."""

    transaction_id: str
    refund_id: str
    outcome: RefundOutcome
    dispatch_ipn: bool = False


class RefundRecord(PageRow):
    """A refund as its merchant sees it. Amounts are written in its ``amount_format``, that of its transaction.

    ``source``: ``api``, ``provider`` (made there directly) or ``case``. ``manual``: an operator pays it.
    """

    LONG: ClassVar = {"lines": (), "reason": None, "failure": None}
    AMOUNTS: ClassVar = ("amount",)

    id: str
    transaction_id: str
    provider_id: str
    provider_type: str
    provider_refund_id: str | None = None
    status: RefundStatus
    amount: int
    currency: str
    amount_format: AmountFormat = "minor"
    livemode: bool
    reason: str | None = None
    lines: tuple[RefundLine, ...] = ()
    funds: RefundFunds = "sale"
    source: Literal["api", "provider", "case"] = "api"
    manual: bool = False
    failure: Failure | None = None
    case_id: str | None = None
    created_at: datetime
    updated_at: datetime
    succeeded_at: datetime | None = None


class RefundList(Contract):
    """The refunds of one transaction, the oldest first; of more than 200 the latest."""

    refunds: tuple[RefundRecord, ...]


CREATE_REFUND = Method("rpc.transaction.create_refund", CreateRefund, RefundRecord, timeout_s=20)
GET_REFUND = Method("rpc.transaction.get_refund", RefundRef, RefundRecord)
LIST_REFUNDS = Method("rpc.transaction.list_refunds", TransactionRef, RefundList)
SETTLE_REFUND = Method("rpc.transaction.settle_refund", SettleRefund, RefundRecord)
