"""Decisions of people about transactions: cases, manual payments, marks, deletion."""

from typing import Literal

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.base import Contract
from gateway_contracts.events.transaction import Party
from gateway_contracts.fields import Moment, ObjectId
from gateway_contracts.requests.case import CaseRecord
from gateway_contracts.requests.transaction import Buyer, SaleLine, TransactionRecord, TransactionRef
from gateway_contracts.rpc import Empty, Method
from gateway_contracts.sale_fields import Items, SaleFields

Resolution = Literal["accept", "refund", "dismiss"]


class ResolveCase(Contract):
    """``accept``: the money becomes the sale; ``refund``: it goes back; ``dismiss``: nothing is to be done. Of a
    ``refund_missing``: it was paid, or (``dismiss``) it was not."""

    case_id: str
    resolution: Resolution
    refund_id: str
    """Allocated by the caller, for the refund that this may make."""
    dispatch_ipn: bool = True


class CreateManualTransaction(SaleFields, Contract):
    """A payment that was made elsewhere: cash, a transfer outside of any checkout."""

    transaction_id: ObjectId
    """Allocated by the caller."""
    site_id: str
    received_at: Moment
    party: Buyer = Party()
    items: Items[SaleLine] = ()
    dispatch_ipn: bool = False
    amount_format: AmountFormat = "minor"
    """How the amounts of this request are written; the site's setting when it came."""


MarkOutcome = Literal["paid", "failed", "canceled"]


class MarkTransaction(Contract):
    """An operator's report on a bank transfer."""

    transaction_id: str
    outcome: MarkOutcome
    dispatch_ipn: bool = False


RESOLVE_CASE = Method("rpc.transaction.resolve_case", ResolveCase, CaseRecord, timeout_s=20)
CREATE_MANUAL = Method("rpc.transaction.create_manual", CreateManualTransaction, TransactionRecord)
MARK_TRANSACTION = Method("rpc.transaction.mark_transaction", MarkTransaction, TransactionRecord)
DELETE_TRANSACTION = Method("rpc.transaction.delete_transaction", TransactionRef, Empty)
