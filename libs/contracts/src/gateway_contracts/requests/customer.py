"""Requests to svc-transaction about a payment page and its customer's payments."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.base import Contract
from gateway_contracts.events.transaction import Party, TransactionLine
from gateway_contracts.fields import ObjectId
from gateway_contracts.requests.transaction import Buyer, CheckoutStatus, Failure, TransactionStatus
from gateway_contracts.rpc import Method
from gateway_contracts.sale_facts import SaleFacts


class GetSession(Contract):
    """One of the two names; the short code is what a link carries."""

    session_public_id: str | None = None
    short_code: str | None = None


class OfferedProvider(Contract):
    """A way to pay that this checkout offers."""

    id: str
    type: str
    label: str
    is_default: bool = False
    publishable_key: str | None = None


class Session(SaleFacts, Contract):
    """A checkout as its customer's page sees it. Amounts are minor units.

    ``amount_format``: how its shop writes and reads them.
    """

    id: str
    """The session's public id."""
    checkout_id: str
    organization_id: str
    site_id: str
    short_code: str
    status: CheckoutStatus
    amount: int
    currency: str
    amount_format: AmountFormat = "minor"
    livemode: bool
    items: tuple[TransactionLine, ...] = ()
    providers: tuple[OfferedProvider, ...] = ()
    branding: dict[str, str] = Field(default_factory=dict)
    site_name: str
    email: str | None = None
    name: str | None = None
    """The buyer's name, if the merchant gave it; the page asks for it otherwise."""
    return_url: str | None = None
    cancel_url: str | None = None
    expires_at: datetime
    transaction_id: str | None = None
    """The transaction that counts: the one that paid, holds money or is under way, else the latest."""
    transaction_status: TransactionStatus | None = None
    under_way: bool = False
    """That transaction is open, and its customer has done what was to be done."""
    holds_money: bool = False
    """Money of that transaction has arrived and is not a sale yet: a part of a transfer, or too late."""
    committed: bool = False
    """Bank details were handed out for that transaction, or its provider processed it; also where it has ended."""


class CreateTransaction(Contract):
    """The customer pays with one of the offered providers."""

    transaction_id: ObjectId
    """Allocated by the caller."""
    session_public_id: str
    provider_id: ObjectId
    billing: Buyer = Party()
    return_url: str
    """Our own return page, where a provider's redirect ends."""


class BankDetails(Contract):
    """Bank account for a transfer."""

    account_holder: str = Field(description="Owner of the merchant's account.")
    iban: str = Field(
        description="IBAN of the account, in groups of four. Empty where accountNumber and routingCode name it instead."
    )
    account_number: str | None = Field(None, description="Number of an account without an IBAN.")
    routing_code: str | None = Field(
        None, description="Sort code, routing number or BSB that belongs to accountNumber."
    )
    bic: str | None = Field(None, description="BIC of the bank; absent if the merchant gave none.")
    bank_name: str | None = Field(None, description="Name of the bank; absent if the merchant gave none.")
    instructions: str | None = Field(
        None, description="The merchant's own words beside the details; absent without any."
    )
    reference: str = Field(
        description="ISO 11649 creditor reference in groups of four: the transfer's text for the payee."
    )
    amount: int = Field(description="Amount to transfer, written as amountFormat says.")
    currency: str = Field(description="Currency of the transfer: a code of ISO 4217.")
    epc_qr: str | None = Field(
        None,
        description="Payload of the EPC QR code that banking apps scan; absent for other currencies than the euro.",
    )


class NextAction(Contract):
    """Next step of the customer's page."""

    type: Literal["redirect", "stripe", "paypal", "mollie_components", "bank_transfer", "none"] = Field(
        description="What the page does: redirect (to url), stripe, paypal or mollie_components (the provider's "
        "script), bank_transfer (show bankDetails), none."
    )
    url: str | None = Field(None, description="Where the customer goes; absent unless type is redirect.")
    client_secret: str | None = Field(
        None, description="Secret of this payment for the provider's script; absent where it needs none."
    )
    publishable_key: str | None = Field(
        None, description="Key of the account for the provider's script; absent where it needs none."
    )
    bank_details: BankDetails | None = Field(
        None, description="Where the transfer goes; absent unless type is bank_transfer."
    )


class TransactionStarted(Contract):
    transaction_id: str
    status: int
    """Numeric status (docs/integration.md, section 2)."""
    next_action: NextAction
    failure: Failure | None = None
    amount_format: AmountFormat = "minor"


class OwnedTransaction(Contract):
    """A transaction and the sessions that the caller can name; one of them must own it."""

    transaction_id: str
    session_public_ids: tuple[str, ...]


class StatusView(Contract):
    id: str
    status: TransactionStatus
    amount: int
    currency: str
    amount_format: AmountFormat = "minor"
    session_public_id: str
    checkout_status: CheckoutStatus
    provider_type: str
    payment_method: str | None = None
    under_way: bool = False
    committed: bool = False
    """As in `Session`: one that is only authorized may still be given up at its provider."""
    transfer_sent: bool = False
    """The customer says that the transfer (what is outstanding of it) is sent."""
    captured: int = 0
    received: int = 0
    """Transfers: what arrived on the bank account."""
    outstanding: int = 0
    """What is still to be paid of an open transfer; so much do the bank details ask for."""
    held: int = 0
    """What arrived and is no sale: a part, too much, too late."""
    in_review: bool = False
    """The merchant has to decide about money of this payment."""
    sent_back: bool = False
    """Money arrived that fitted no sale, and went back."""
    refunded: int = 0
    refund_pending: int = 0
    disputed: int = 0
    """What a bank or provider withholds or took back."""
    dispute_open: bool = False
    failure: Failure | None = None
    bank_details: BankDetails | None = None
    return_url: str | None = None
    """The merchant's page with ``{transactionId}`` replaced."""
    cancel_url: str | None = None


GET_SESSION = Method("rpc.transaction.public_get_checkout", GetSession, Session)
CREATE_TRANSACTION = Method(
    "rpc.transaction.public_create_transaction", CreateTransaction, TransactionStarted, timeout_s=20
)
GET_STATUS = Method("rpc.transaction.public_get_status", OwnedTransaction, StatusView)
CANCEL_OWN = Method("rpc.transaction.public_cancel", OwnedTransaction, StatusView, timeout_s=20)
MARK_PENDING = Method("rpc.transaction.public_mark_pending", OwnedTransaction, StatusView)
SYNC_RETURN = Method("rpc.transaction.public_sync", OwnedTransaction, StatusView, timeout_s=20)
