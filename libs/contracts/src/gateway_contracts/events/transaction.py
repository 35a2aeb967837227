"""Facts about transactions, written by svc-transaction."""

from datetime import datetime
from typing import Annotated, ClassVar

from gateway_contracts.base import Contract
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.envelope import EventData
from gateway_contracts.events.ledger import BookedEntry
from gateway_contracts.public_events import INTERNAL
from gateway_contracts.sale_facts import OrderFacts, SaleFacts


class TransactionLine(Contract):
    """One line of what was sold. Prices are gross unless the checkout has a ``tax`` item."""

    name: str
    description: str | None = None
    quantity: int
    unit_price: int
    item_type: str = "goods"
    vat_rate: str | None = None
    """Percent as decimal text, such as ``19`` or ``7.7``."""


class PaymentMethod(Contract):
    """How a customer paid, as far as the provider says.

    Attributes:
        type: in the provider's lower-case words: ``card``, ``ideal``, ``sepa_debit``, ``paypal``, ``bank_transfer`` …
        brand: of a card: ``visa`` …
        last4: the last digits of the card or account; never more of it.
    """

    type: str
    brand: str | None = None
    last4: str | None = None


class TransactionChange(OrderFacts, EventData):
    """Fields of every transaction event.

    ``session_public_id``, ``ipn_url``, ``party`` and ``shipping`` are encrypted under the organization's operational
    key, bound to this event's id.
    """

    transaction_id: str
    checkout_id: str
    session_public_id: EncryptedValue
    site_id: str
    provider_id: str
    provider_type: str
    status: str
    """``initiated``, ``pending_provider``, ``succeeded``, ``failed``, ``canceled``, ``refunded``."""
    amount: int
    currency: str
    ipn_url: EncryptedValue | None = None
    occurred_at: datetime
    failure_code: str | None = None
    late: bool = False
    """A success after the transaction had ended otherwise."""
    manual: bool = False
    """Changed by an operator; no notification unless ``dispatch_ipn``."""
    dispatch_ipn: bool = True
    created_at: datetime | None = None
    """When the attempt began; absent in events of earlier versions."""
    booked: tuple[BookedEntry, ...] = ()
    """Ledger entries of this change."""


class TransactionInitiatedV1(TransactionChange):
    """A customer started to pay."""

    TYPE: ClassVar[str] = "transaction.initiated.v1"


class TransactionSubmittedV1(TransactionChange):
    """The payment waits for its provider (``pending_provider``)."""

    TYPE: ClassVar[str] = "transaction.submitted.v1"


class TransactionSucceededV1(SaleFacts, TransactionChange):
    """The money was captured. Carries what the invoice needs, so that no further request is needed."""

    TYPE: ClassVar[str] = "transaction.succeeded.v1"

    lines: tuple[TransactionLine, ...] = ()
    party: EncryptedValue | None = None
    """Encrypted JSON of `Party`."""
    shipping: EncryptedValue | None = None
    """The delivery address where it is another one than the buyer's: encrypted JSON of `Party`."""
    country: str | None = None
    client_search_hash: Annotated[str | None, INTERNAL] = None
    payment_method: PaymentMethod | None = None
    """None where the provider has not said it yet."""


class TransactionFailedV1(TransactionChange):
    """The attempt was declined or refused."""

    TYPE: ClassVar[str] = "transaction.failed.v1"


class TransactionCanceledV1(TransactionChange):
    """The attempt was given up before any money moved."""

    TYPE: ClassVar[str] = "transaction.canceled.v1"


class TransactionRefundedV1(TransactionChange):
    """Nothing of the captured money remains."""

    TYPE: ClassVar[str] = "transaction.refunded.v1"


class TransactionRestoredV1(TransactionChange):
    """A full refund failed afterwards: the money is captured again (``succeeded``)."""

    TYPE: ClassVar[str] = "transaction.restored.v1"


class Party(Contract):
    """The buyer, in clear: travels only encrypted."""

    email: str | None = None
    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    postcode: str | None = None
    state: str | None = None
    country: str | None = None
    phone: str | None = None
    vat_id: str | None = None
    routing_scheme: str | None = None
    """Scheme of the electronic address for e-invoices (EAS), such as ``9930``."""
    routing_id: str | None = None
