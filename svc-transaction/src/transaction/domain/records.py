"""Records beside checkouts and transactions: provider operations, cases, parked reports, receipts."""

from datetime import datetime
from typing import Literal

from gateway_contracts.aggregates import Aggregate, TenantEntity
from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.fields import Open
from gateway_contracts.requests.books import OperationKind as OperationKind  # part of this module as well
from gateway_contracts.requests.books import OperationState as OperationState
from gateway_contracts.requests.case import CaseKind, CaseStatus
from transaction.domain.states import Trigger
from transaction.domain.stored_report import StoredReport
from transaction.domain.transaction import CanceledBy

NotedFate = Literal["ignored", "set_aside", "repeated"]
ParkedState = Literal["parked", "applied", "unmatched", "set_aside"]


class ProviderOperation(Aggregate):
    """One thing that a provider is asked to do, stored before it is asked.

    Attributes:
        id: also the idempotency key that the provider sees; a repeat after a crash uses the same.
        trigger: what a confirmed cancellation means for the transaction; None when it has ended already.
        state: ``waiting`` is an intent of no urgency, worked off by a job of its own; ``set_aside`` waits for an
            operator.
        refund_id: the refund that is asked for.
        object_id: the provider's name of what is asked about.
        case_id: the case whose money goes back without asking a person.
        due_at: when the janitor takes it up if no outcome was reported.
        missed: how often in a row the provider did not show the refund that it had.
        correlation_id: of the request or webhook during which it was decided.
        requests: its latest requests to the provider with their answers, redacted.
    """

    livemode: bool
    transaction_id: str
    provider_id: str
    kind: OperationKind
    due_at: datetime
    created_at: datetime
    state: OperationState = "intent"
    trigger: Trigger | None = None
    canceled_by: CanceledBy | None = None
    refund_id: str | None = None
    case_id: str | None = None
    object_id: str | None = None
    attempts: int = 0
    missed: int = 0
    closed_at: datetime | None = None
    correlation_id: str | None = None
    requests: EncryptedValue | None = None


class Case(Aggregate):
    """Money or a fact that waits for a person. ``key`` keeps the same fact from opening it twice."""

    livemode: bool
    kind: Open[CaseKind]
    key: str
    provider_id: str
    provider_type: str
    created_at: datetime
    status: CaseStatus = "open"
    transaction_id: str | None = None
    checkout_id: str | None = None
    site_id: str | None = None
    provider_event_type: str | None = None
    provider_payment_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    note: str | None = None
    refund_id: str | None = None
    resolved_at: datetime | None = None
    amount_format: AmountFormat = "minor"


class ReportHead(Aggregate):
    """Subject of a parked report: readable also where its fact is not, which is why some are set aside."""

    livemode: bool
    provider_id: str
    provider_type: str
    event_id: str
    transaction_id: str
    created_at: datetime
    state: ParkedState = "parked"


class ParkedReport(ReportHead):
    """A genuine fact about a payment that carries our marker and that we do not know yet."""

    fact: StoredReport
    expires_at: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None


class WebhookNote(TenantEntity):
    """A webhook that named a payment and left no other trace: it said nothing new, was given up, or came again.

    Attributes:
        id: of the event, its fate and the payment: the same webhook is noted once.
        reason: ``no_news`` or ``no_fit`` of one that was ignored; the error's code of one that was set aside; empty for
            a repetition.
        received_at: when it came; of a repetition, the last time.
        times: how often it came again.
    """

    livemode: bool
    transaction_id: str
    provider_id: str
    event_id: str
    event_type: str
    fate: NotedFate
    reason: str = ""
    received_at: datetime
    times: int = 1


class Receipt(TenantEntity):
    """Money that arrived on the merchant's bank account."""

    livemode: bool
    transaction_id: str
    bank_reference: str
    amount: int
    currency: str
    received_at: datetime
    created_at: datetime
