"""Requests to svc-transaction."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from gateway_contracts.amount_fields import KnownCurrency
from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.base import Contract
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.fields import ObjectId
from gateway_contracts.list_filters import NONE_IF_EMPTY, IdFilter, PeriodFields, one_of
from gateway_contracts.pages import PageRow
from gateway_contracts.requests.pages import PageReply
from gateway_contracts.rpc import Method
from gateway_contracts.rules import ReadBy
from gateway_contracts.sale_facts import OrderFacts, SaleFacts
from gateway_contracts.sale_fields import BuyerFields, CheckoutFields, Items, LineFields, Metadata, ReceiptFields

TransactionStatus = Literal["initiated", "pending_provider", "succeeded", "failed", "canceled", "refunded"]
CheckoutStatus = Literal["pending", "completed", "expired", "canceled"]

NUMERIC_STATUS: dict[str, int] = {
    "canceled": -2,
    "initiated": -1,
    "pending_provider": 0,
    "succeeded": 1,
    "failed": 2,
    "refunded": 3,
    "chargeback": 4,
}
"""The integers of the public API and of notifications (docs/integration.md, section 2)."""


SaleLine = Annotated[TransactionLine, ReadBy(LineFields)]
Buyer = Annotated[Party, ReadBy(BuyerFields)]


class CreateCheckout(CheckoutFields, Contract):
    """A merchant's order. Its fields follow their rules; the owner checks those across fields."""

    checkout_id: ObjectId
    """Allocated by the caller, so that a resumed call meets its own result."""
    site_id: str
    party: Buyer = Party()
    other_email: str | None = None
    """A second address of the customer that the shop gave; holds count for it too."""
    shipping: Buyer | None = None
    items: Items[SaleLine] = ()
    amount_format: AmountFormat = "minor"
    """How the amounts of this request are written; the site's setting when it came."""


class CheckoutCreated(Contract):
    id: str
    session_public_id: str
    short_code: str
    expires_at: datetime


class CheckoutRef(Contract):
    checkout_id: str


class CheckoutRecord(SaleFacts, PageRow):
    """A checkout as its merchant sees it. Amounts are written in its ``amount_format``."""

    LONG: ClassVar = {
        **OrderFacts.LONG,
        **dict.fromkeys(("return_url", "cancel_url", "ipn_url")),
        "metadata": {},
        "items": (),
        "buyer": None,
        "shipping": None,
    }
    AMOUNTS: ClassVar = ("amount",)

    id: str
    site_id: str
    session_public_id: str
    short_code: str
    status: CheckoutStatus
    amount: int
    currency: str
    amount_format: AmountFormat = "minor"
    livemode: bool
    email: str | None = None
    return_url: str | None = None
    cancel_url: str | None = None
    ipn_url: str | None = None
    items: tuple[TransactionLine, ...] = ()
    buyer: Party | None = None
    shipping: Party | None = Field(None, description="Delivery address, if it is another one than the buyer's.")
    metadata: dict[str, str] = Field(default_factory=dict)
    transaction_ids: tuple[str, ...] = ()
    expires_at: datetime
    created_at: datetime
    updated_at: datetime


class UpdateCheckout(Contract):
    """Metadata only; an empty value deletes the key."""

    checkout_id: str
    metadata: Metadata


class PaymentFilters(PeriodFields):
    """Filters of checkouts, transactions and cases."""

    provider_id: IdFilter | None = None
    client_id: IdFilter | None = None
    currency: Annotated[KnownCurrency | None, NONE_IF_EMPTY] = None
    external_reference: str | None = Field(None, max_length=200)
    invoice_number: str | None = Field(None, max_length=200)
    email: str | None = Field(None, max_length=300)
    session_public_id: str | None = Field(None, max_length=100)
    provider_payment_id: str | None = Field(None, max_length=200)


class CheckoutFilters(PaymentFilters):
    status: Annotated[CheckoutStatus | None, one_of(get_args(CheckoutStatus))] = None


class CheckoutQuery(CheckoutFilters, Contract):
    pass


class TransactionFilters(PaymentFilters):
    status: Annotated[TransactionStatus | None, one_of(get_args(TransactionStatus))] = None
    disputed: bool | None = Field(
        None, description="true: disputed now, or lost in a dispute. false: all others.", examples=[True]
    )
    refunded: bool | None = Field(
        None, description="true: refunded in full or in part. false: all others.", examples=[True]
    )
    q: str | None = Field(
        None,
        max_length=300,
        description="Search: payments whose reference, invoice number, id at the provider or e-mail address is this "
        "text; whose id, or that of the checkout, ends with it (6 characters or more); or whose amount it is, in major "
        "units (`49.00`, `49.00 EUR`).",
        examples=["order-1001"],
    )


class TransactionQuery(TransactionFilters, Contract):
    pass


class CheckoutPage(PageReply):
    checkouts: tuple[CheckoutRecord, ...]


class Failure(Contract):
    """Reason of a failed attempt, with the provider's code."""

    code: str = Field(description="Stable reason of the failure, upper snake case.")
    message: str = Field(description="Explanation for people; may change.")
    provider_code: str | None = Field(None, description="The provider's own code; absent if it gave none.")


class TimelineEntry(Contract):
    """One entry in the history of a transaction."""

    at: datetime
    type: str
    """What happened: ``created``, ``capture_confirmed``, ``declined`` … (the trigger of the lifecycle table)."""
    effect: str
    """``applied``, ``recorded``, ``ignored``, ``conflict``, ``case``."""
    from_status: str | None = None
    to_status: str | None = None
    source: str
    """``api``, ``customer``, ``provider``, ``operator``, ``janitor``."""
    event_id: str | None = None
    correlation_id: str | None = None
    """Id of the request or webhook that led to it; null for what a schedule did, and in old entries."""
    trace_id: str | None = None
    note: str | None = None
    failure: Failure | None = None
    """Why a try failed, as it was reported."""


class TransactionRef(Contract):
    transaction_id: str


class TransactionRecord(OrderFacts, PageRow):
    """A transaction as its merchant sees it. Amounts are written in its ``amount_format``."""

    LONG: ClassVar = {**OrderFacts.LONG, "metadata": {}, "timeline": ()}
    AMOUNTS: ClassVar = ("amount", "captured", "refunded", "refundable", "disputed", "received")

    id: str
    checkout_id: str
    session_public_id: str
    site_id: str
    provider_id: str
    provider_type: str
    provider_payment_id: str | None = None
    provider_status: str | None = None
    type: Literal["payment", "manual"] = "payment"
    status: TransactionStatus
    amount: int
    currency: str
    amount_format: AmountFormat = "minor"
    captured: int = 0
    refunded: int = 0
    refundable: int = 0
    disputed: int = 0
    received: int = 0
    """Wire: what arrived so far."""
    livemode: bool
    email: str | None = None
    client_id: str | None = None
    failure: Failure | None = None
    metadata: dict[str, str] = Field(default_factory=dict)
    timeline: tuple[TimelineEntry, ...] = ()
    trace_id: str | None = None
    sequence: int
    created_at: datetime
    updated_at: datetime


class UpdateTransaction(Contract):
    """Metadata only; an empty value deletes the key."""

    transaction_id: str
    metadata: Metadata
    replaces: bool = False
    """Whether keys that are not given are deleted."""


class TransactionPage(PageReply):
    transactions: tuple[TransactionRecord, ...]


class RecordReceipt(ReceiptFields, Contract):
    """Money that arrived on the merchant's bank account; unique by ``bank_reference``. The amount is written in the
    transaction's ``amount_format``."""

    transaction_id: str


# --- what customers may ask; possession of the session's secret name is the proof -----------------------------------


CREATE_CHECKOUT = Method("rpc.transaction.create_checkout", CreateCheckout, CheckoutCreated)
GET_CHECKOUT = Method("rpc.transaction.get_checkout", CheckoutRef, CheckoutRecord)
LIST_CHECKOUTS = Method("rpc.transaction.list_checkouts", CheckoutQuery, CheckoutPage)
UPDATE_CHECKOUT = Method("rpc.transaction.update_checkout", UpdateCheckout, CheckoutRecord)
GET_TRANSACTION = Method("rpc.transaction.get_transaction", TransactionRef, TransactionRecord)
LIST_TRANSACTIONS = Method("rpc.transaction.list_transactions", TransactionQuery, TransactionPage)
UPDATE_TRANSACTION = Method("rpc.transaction.update_transaction", UpdateTransaction, TransactionRecord)
CANCEL_TRANSACTION = Method("rpc.transaction.cancel_transaction", TransactionRef, TransactionRecord, timeout_s=20)
RECORD_RECEIPT = Method("rpc.transaction.record_receipt", RecordReceipt, TransactionRecord)
