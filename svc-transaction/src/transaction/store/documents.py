"""The documents of the service's database. Declarations and single reads; changes are guarded raw updates."""

from datetime import datetime
from typing import Any, Literal

from beanie import Document
from pydantic import Field

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.events.transaction import PaymentMethod, TransactionLine
from gateway_contracts.requests.dispute import DisputeKind, HoldAction, HoldReason
from gateway_contracts.requests.transaction import Failure, TimelineEntry
from transaction.domain.dispute import DisputeStatus
from transaction.domain.records import OperationKind
from transaction.domain.refund import RefundState
from transaction.domain.states import CaseKind, Status, Trigger


class Stored(Document):
    """What every document has. Readers accept one schema version less than the present one."""

    id: str  # type: ignore[assignment]  # Beanie expects ObjectId; our public ids are their hex text
    organization_id: str
    livemode: bool
    schema_version: int = 1


class CheckoutDocument(Stored):
    site_id: str
    session_public_id: EncryptedValue
    session_hash: str
    short_code: EncryptedValue
    short_code_hash: str
    status: Literal["pending", "completed", "expired", "canceled"]
    version: int
    amount: int
    currency: str
    expires_at: datetime
    due_at: datetime
    created_at: datetime
    updated_at: datetime
    items: tuple[TransactionLine, ...] = ()
    metadata: EncryptedValue | None = None
    locale: str | None = None
    external_reference: str | None = None
    invoice_number: str | None = None
    client_id: str | None = None
    allowed_provider_ids: tuple[str, ...] | None = None
    party: EncryptedValue | None = None
    shipping: EncryptedValue | None = None
    return_url: EncryptedValue | None = None
    cancel_url: EncryptedValue | None = None
    ipn_url: EncryptedValue | None = None
    email_hash: str | None = None
    country: str | None = None
    transaction_ids: tuple[str, ...] = ()
    paid_by: str | None = None
    other_email_hashes: tuple[str, ...] = ()
    amount_format: AmountFormat = "minor"

    class Settings:
        name = "checkouts"


class TransactionDocument(Stored):
    site_id: str
    checkout_id: str
    session_public_id: EncryptedValue
    session_hash: str
    provider_id: str
    provider_type: str
    status: Status
    version: int
    amount: int
    currency: str
    created_at: datetime
    updated_at: datetime
    type: Literal["payment", "manual"] = "payment"
    provider_payment_id: str | None = None
    provider_status: str | None = None
    committed: bool = False
    authorized: bool = False
    sent_at: datetime | None = None
    canceled_by: Literal["person", "expiry", "provider"] | None = None
    captured: int = 0
    refunded: int = 0
    refunds_accepted: int = 0
    disputed: int = 0
    open_disputes: int = 0
    contested: bool = False
    received: int = 0
    unapplied: int = 0
    entry_count: int = 0
    lines: tuple[TransactionLine, ...] = ()
    party: EncryptedValue | None = None
    ipn_url: EncryptedValue | None = None
    return_page: EncryptedValue | None = None
    email_hash: str | None = None
    country: str | None = None
    locale: str | None = None
    external_reference: str | None = None
    invoice_number: str | None = None
    client_id: str | None = None
    failure: Failure | None = None
    metadata: EncryptedValue | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    trace_id: str | None = None
    traceparent: str | None = None
    deadline_at: datetime | None = None
    resolve_at: datetime | None = None
    resolve_attempts: int = 0
    last_fact_at: datetime | None = None
    hidden_at: datetime | None = None
    payment_method: PaymentMethod | None = None
    amount_format: AmountFormat = "minor"

    class Settings:
        name = "transactions"


class ProviderOperationDocument(Stored):
    """Written before a provider is asked; its id is the idempotency key."""

    transaction_id: str
    provider_id: str
    kind: OperationKind
    due_at: datetime
    created_at: datetime
    state: Literal["intent", "waiting", "unknown", "done", "refused", "abandoned", "set_aside"] = "intent"
    trigger: Trigger | None = None
    canceled_by: Literal["person", "expiry", "provider"] | None = None
    refund_id: str | None = None
    case_id: str | None = None
    object_id: str | None = None
    attempts: int = 0
    missed: int = 0

    class Settings:
        name = "provider_calls"


class CaseDocument(Stored):
    kind: CaseKind
    key: str
    provider_id: str
    provider_type: str
    created_at: datetime
    status: Literal["open", "accepted", "refunded", "dismissed"] = "open"
    transaction_id: str | None = None
    checkout_id: str | None = None
    provider_event_type: str | None = None
    provider_payment_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    note: str | None = None
    version: int = 1
    refund_id: str | None = None
    resolved_at: datetime | None = None
    amount_format: AmountFormat = "minor"

    class Settings:
        name = "cases"


class ReceiptDocument(Stored):
    transaction_id: str
    bank_reference: str
    amount: int
    currency: str
    received_at: datetime
    created_at: datetime

    class Settings:
        name = "receipts"


class RefundDocument(Stored):
    transaction_id: str
    provider_id: str
    provider_type: str
    state: RefundState
    version: int
    amount: int
    currency: str
    created_at: datetime
    updated_at: datetime
    funds: Literal["sale", "held"] = "sale"
    source: Literal["api", "provider", "case"] = "api"
    manual: bool = False
    provider_payment_id: str | None = None
    provider_refund_id: str | None = None
    provider_status: str | None = None
    reason: EncryptedValue | None = None
    lines: tuple[RefundLine, ...] = ()
    failure: Failure | None = None
    case_id: str | None = None
    dispatch_ipn: bool = True
    succeeded_at: datetime | None = None
    last_fact_at: datetime | None = None
    amount_format: AmountFormat = "minor"

    class Settings:
        name = "refunds"


class DisputeDocument(Stored):
    transaction_id: str
    provider_id: str
    provider_type: str
    provider_dispute_id: str
    kind: DisputeKind
    status: DisputeStatus
    version: int
    amount: int
    currency: str
    opened_at: datetime
    updated_at: datetime
    funds_withdrawn: bool = False
    funds_reinstated: bool = False
    withdrawn: int | None = None
    booked: int | None = None
    last_funds_at: datetime | None = None
    position: Literal["none", "disputed", "lost"] = "none"
    moves: int = 0
    open: bool = False
    email_hash: str | None = None
    closed_at: datetime | None = None
    last_fact_at: datetime | None = None
    other_email_hashes: tuple[str, ...] = ()
    amount_format: AmountFormat = "minor"

    class Settings:
        name = "disputes"


class HoldDocument(Stored):
    email_hash: str
    action: HoldAction
    reason: HoldReason
    transaction_id: str
    dispute_id: str
    active: bool
    created_at: datetime
    allowed_provider_types: tuple[str, ...] = ()
    released_at: datetime | None = None
    other_email_hashes: tuple[str, ...] = ()

    class Settings:
        name = "customer_holds"


class LedgerEntryDocument(Stored):
    """One balanced entry; immutable. ``_id`` = transaction, kind and reference: posting twice is impossible."""

    transaction_id: str
    kind: str
    reference: str
    postings: list[dict[str, Any]]
    posted_at: datetime

    class Settings:
        name = "ledger_entries"


class ParkedEventDocument(Stored):
    provider_id: str
    provider_type: str
    event_id: str
    transaction_id: str
    fact: dict[str, Any]
    state: Literal["parked", "applied", "unmatched", "set_aside"] = "parked"
    expires_at: datetime
    created_at: datetime

    class Settings:
        name = "parked_events"


class PaidReferenceDocument(Stored):
    """Which checkout first paid a merchant's reference; two payments of one reference meet here."""

    checkout_id: str
    successes: int = Field(ge=1)

    class Settings:
        name = "paid_references"


DOCUMENTS: list[type[Document]] = [
    CheckoutDocument,
    TransactionDocument,
    ProviderOperationDocument,
    CaseDocument,
    ReceiptDocument,
    RefundDocument,
    DisputeDocument,
    HoldDocument,
    LedgerEntryDocument,
    ParkedEventDocument,
    PaidReferenceDocument,
]
