"""Requests to svc-transaction about the books of one transaction, and its operations at the provider."""

from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from gateway_contracts.base import Contract
from gateway_contracts.requests.transaction import TransactionRef
from gateway_contracts.rpc import Method

OperationKind = Literal["create", "cancel", "ask", "capture", "refund", "refund_case", "fee"]
OperationState = Literal["intent", "waiting", "unknown", "done", "refused", "abandoned", "set_aside"]

STORY_ROWS_MAX = 200
"""Entries and operations of one transaction that are answered: of more, the latest."""
INTERRUPTED: Final = "No answer to the first attempt was stored: it was interrupted, or had not begun."
"""The error of an attempt whose process ended; the request may have been sent."""
GIVEN_UP: Final = "The request was given up before an answer came."
"""The error of a request whose caller had no more time; the provider may have received it."""


class PostingRecord(Contract):
    """One side of an entry: a debit or a credit, in minor units."""

    account: str = Field(
        description="Account: clearing (held by the provider), bank, disputed, unapplied_receipts, refunds_payable, "
        "sales, refunds, provider_fees, dispute_fees, dispute_losses, write_offs, rounding or fx_exchange."
    )
    provider_id: str | None = Field(None, description="Provider of the account; null where it is not per provider.")
    debit: int = Field(0, description="Amount in minor units; 0 for a credit.")
    credit: int = Field(0, description="Amount in minor units; 0 for a debit.")
    currency: str


class EntryRecord(Contract):
    """One entry of the books: debits and credits are equal in each currency."""

    kind: str = Field(description="Reason of the entry, such as capture, provider_fee or refund_requested.")
    reference: str = Field(description="What the entry is about, such as the provider's id of a payment or refund.")
    posted_at: datetime = Field(description="Time of the posting, in UTC.")
    postings: tuple[PostingRecord, ...] = Field(description="Debits and credits of the entry.")


class LedgerTotals(Contract):
    """Sums of all entries in one currency, in minor units."""

    currency: str
    debit: int = Field(description="Sum of all debits; equal to credit.")
    credit: int = Field(description="Sum of all credits.")
    sales: int = Field(description="Amount that was sold.")
    refunds: int = Field(description="Amount that goes or went back to the customer.")
    fees: int = Field(description="Fees of the provider, those for disputes included.")
    net: int = Field(
        description="Amount that remains of the sale: without refunds, fees, losses by disputes, write-offs, rounding "
        "and what was exchanged into another currency."
    )


class LedgerRecord(Contract):
    """The books of one transaction. Amounts are in minor units, whatever the shop writes."""

    transaction_id: str
    entries: tuple[EntryRecord, ...] = Field(description="Oldest first; of more than 200 the latest.")
    totals: tuple[LedgerTotals, ...] = Field(description="Of all entries, one for each currency.")


class ProviderRequest(Contract):
    """One HTTP request to a provider and its answer. Of both, only what is on an allow list is in clear; anything else
    is replaced by its type. Headers are not kept."""

    at: datetime = Field(description="When it was sent, in UTC.")
    method: str | None = Field(None, description="HTTP method; null where nothing was sent.")
    path: str | None = Field(None, description="Path of the URL, without its query; null where nothing was sent.")
    request: str | None = Field(None, description="Body or query as redacted JSON text; null without one.")
    status: int | None = Field(None, description="HTTP status of the answer; null where none came.")
    answer: str | None = Field(None, description="Body of the answer as redacted JSON text; null where none came.")
    duration_ms: int = Field(0, description="Milliseconds until the answer, or until it was given up.")
    error: str | None = Field(None, description="Why there is no answer, as a sentence; null with one.")


class OperationRecord(Contract):
    """One thing that the provider was, or will be, asked to do."""

    id: str = Field(description="Id of the operation: the idempotency key that the provider received.")
    kind: OperationKind = Field(description="What the provider was asked for.")
    state: OperationState = Field(
        description="intent: not answered yet. waiting: of no urgency. unknown: the answer was lost, and is asked for. "
        "done, refused: answered. abandoned: given up. set_aside: waits for an operator."
    )
    attempts: int = Field(description="Number of attempts that had no result.")
    object_id: str | None = Field(None, description="The provider's id of what was asked about; null without one.")
    refund_id: str | None = Field(None, description="Id of the refund that was asked for; null without one.")
    case_id: str | None = None
    created_at: datetime
    next_attempt_at: datetime | None = Field(None, description="Time of the next attempt; null after the last.")
    closed_at: datetime | None = Field(None, description="Time when the result was stored; null without one.")
    requests: tuple[ProviderRequest, ...] = Field(
        (),
        description="The latest 5 HTTP requests of the operation, oldest first. Empty where none was stored: before "
        "the first answer, for operations without a request, and in old entries.",
    )
    requests_left_out: bool = Field(
        False,
        description="Whether requests are left out, because the list would be too large or they cannot be decrypted.",
    )


class OperationList(Contract):
    """Requests to the provider about one transaction."""

    operations: tuple[OperationRecord, ...] = Field(description="Oldest first; of more than 200 the latest.")


GET_LEDGER = Method("rpc.transaction.get_ledger", TransactionRef, LedgerRecord)
LIST_OPERATIONS = Method("rpc.transaction.list_operations", TransactionRef, OperationList)
