"""Port to a payment provider, in the gateway's own terms.

`Connector` makes calls (only svc-transaction uses it); `events.Webhooks` checks and reads what the provider sends
(svc-webhook-ingest verifies and splits, svc-transaction reads facts). Both are stateless: the account and its decrypted
credentials come with every call.

Money crosses this port as `Money` in ISO 4217 minor units; a provider's own units stay behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from gateway_contracts.events.transaction import PaymentMethod
from gateway_contracts.money import Money
from gateway_contracts.requests.customer import NextAction
from gateway_contracts.requests.provider import ProviderCheck
from gateway_contracts.requests.transaction import Failure
from gateway_providers.bounds import URL_MAX, check_money, check_text
from gateway_providers.events import Exchange, ProviderFact

PaymentState = Literal[
    "pending", "requires_action", "processing", "authorized", "succeeded", "failed", "canceled", "unknown"
]
"""Ours. Only ``succeeded``, ``failed`` and ``canceled`` are final; whatever a provider says that is not an explicit
success or failure is ``pending``. ``unknown`` is a status text that we have never seen."""

MARKER_TRANSACTION = "gatewayTransactionId"
"""Metadata key under which our transaction id travels through the provider."""
MARKER_ORGANIZATION = "gatewayOrganizationId"
MARKER_REFUND = "gatewayRefundId"
"""Metadata key of a refund that we asked for: its webhook may come before the answer to our call."""

RefundState = Literal["pending", "succeeded", "failed", "canceled", "unknown"]
"""Of a refund at the provider; only ``succeeded``, ``failed`` and ``canceled`` are final."""

DEFAULT_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class ProviderAccount:
    """One account of one organization at one provider.

    Attributes:
        id: id of the provider configuration; also what limits such as the circuit breaker are counted by.
        public: values that may be shown, such as ``publishableKey`` or ``iban``.
        secrets: decrypted credentials by name, such as ``secretKey``; never shown in logs.
    """

    id: str
    organization_id: str
    type: str
    livemode: bool
    public: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class PaymentIntentRequest:
    """A payment for the customer to make.

    Attributes:
        transaction_id: our id; the marker in the provider's metadata and the source of a wire reference.
        return_url: our page, where a redirect ends.
        description: shown to the merchant at the provider; no personal data.
        webhook_url: address for the reports of this payment; None: the address in the provider's dashboard.
    """

    transaction_id: str
    organization_id: str
    amount: Money
    return_url: str
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    webhook_url: str | None = None


@dataclass(frozen=True)
class ProviderPayment:
    """A payment as the provider sees it now.

    Attributes:
        amount: what was asked for; None where no provider stores it (wire).
        received: what the provider holds for us; None until it holds something.
        client_secret: what the customer's browser needs; never stored, never logged.
        next_action: what the customer does next.
        provider_status: the provider's own word, unchanged.
        metadata: the provider's copy, with our markers.
        method: how it was paid, where the provider says so.

    Raises:
        OutOfRange: an amount or text that cannot be kept.
    """

    provider_payment_id: str
    state: PaymentState
    amount: Money | None
    provider_status: str
    received: Money | None = None
    failure: Failure | None = None
    client_secret: str | None = field(default=None, repr=False)
    next_action: NextAction = field(default_factory=lambda: NextAction(type="none"), repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)
    method: PaymentMethod | None = None

    def __post_init__(self) -> None:
        check_text(self.provider_payment_id, "the payment's id")
        check_text(self.provider_status or None, "the payment's status")
        check_text(self.next_action.url, "the page's address", longest=URL_MAX)
        check_money(self.amount, "the payment's amount")
        check_money(self.received, "what was received")

    @property
    def transaction_id(self) -> str | None:
        """Our transaction, from the marker; None when the payment is not ours."""
        return self.metadata.get(MARKER_TRANSACTION)

    @property
    def organization_id(self) -> str | None:
        """Our organization, from the marker; compare it, another tenant's payment may lie in a shared account."""
        return self.metadata.get(MARKER_ORGANIZATION)


@dataclass(frozen=True)
class RefundRequest:
    """Money that goes back.

    Attributes:
        refund_id: our id; the marker in the provider's metadata.
        total_refunded: what this refund and all before it make together (GoCardless wants it confirmed).
        provider_refund_id: the provider's id of a refund that exists; found by it where it has no marker of ours.
    """

    refund_id: str
    transaction_id: str
    organization_id: str
    provider_payment_id: str
    amount: Money
    total_refunded: Money
    reason: str | None = None
    provider_refund_id: str | None = None

    def is_answered_by(self, refund_id: str | None, provider_refund_id: object) -> bool:
        """Whether a refund with that marker and that id at the provider is the one that is asked about."""
        if self.provider_refund_id is not None:
            return provider_refund_id == self.provider_refund_id
        return refund_id == self.refund_id


@dataclass(frozen=True)
class ProviderRefund:
    """A refund as the provider sees it now.

    Raises:
        OutOfRange: an amount or text that cannot be kept.
    """

    provider_refund_id: str
    state: RefundState
    amount: Money
    provider_status: str
    refund_id: str | None = None
    failure: Failure | None = None

    def __post_init__(self) -> None:
        check_text(self.provider_refund_id, "the refund's id")
        check_text(self.provider_status or None, "the refund's status")
        check_text(self.refund_id, "the refund's marker")
        check_money(self.amount, "the refund's amount")


@dataclass(frozen=True)
class Settlement:
    """Effect of one movement of money on the account at the provider; see `ProviderFact` for the fields.

    Raises:
        OutOfRange: an amount that cannot be kept.
    """

    fee: Money | None = None
    exchange: Exchange | None = None
    rounding: Money | None = None

    def __post_init__(self) -> None:
        check_money(self.fee, "the fee")
        check_money(self.rounding, "what rounding lost")


@dataclass(frozen=True)
class Capabilities:
    """Capabilities of a provider.

    Attributes:
        methods: names of the ways to pay that it may offer.
        mark_pending: the customer's own word "I have paid" may move the transaction to pending.
        replaceable: a committed but unpaid attempt may be replaced by another without asking the provider.
        webhooks: it reports by webhook; without, only a receipt entered by hand completes a payment.
        idempotency_window_s: how long a repeat under the same key is safe; afterwards look up by our reference.
        currencies: None for all.
        refunds: by a call, by hand at the provider, or not at all.
        reports_dispute_funds: it says apart from a dispute's status when the money was withdrawn and given back.
    """

    methods: tuple[str, ...]
    mark_pending: bool = False
    replaceable: bool = False
    webhooks: bool = True
    idempotency_window_s: int = 24 * 3600
    currencies: frozenset[str] | None = None
    minimum_minor: Mapping[str, int] = field(default_factory=dict)
    maximum_minor: Mapping[str, int] = field(default_factory=dict)
    refunds: Literal["api", "manual", "none"] = "manual"
    reports_dispute_funds: bool = False

    def offers(self, amount: Money) -> bool:
        """Whether a payment of that amount can be offered: currency known, not below the minimum, not above the cap."""
        if self.currencies is not None and amount.currency not in self.currencies:
            return False
        lowest = max(self.minimum_minor.get(amount.currency, 1), 1)
        highest = self.maximum_minor.get(amount.currency)
        return lowest <= amount.amount_minor and (highest is None or amount.amount_minor <= highest)


class Connector(Protocol):
    """Calls to a provider. ``timeout_s`` is the whole budget of a call, retries included.

    Every method raises:
        Rejected: the provider refused; code ``PROVIDER_REFUSED``, data ``providerCode`` and ``providerMessage``.
        Transient: nothing happened at the provider (not reached, rate limited, breaker open); try again later.
        OutcomeUnknown: the provider may have acted. Within the idempotency window a repeat with the same key is safe.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    async def create_payment(
        self,
        account: ProviderAccount,
        intent: PaymentIntentRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """Register the payment at the provider. The same key always answers the same payment."""
        ...

    async def fetch_payment(
        self, account: ProviderAccount, provider_payment_id: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """The payment as it is now; None when the provider knows no such payment."""
        ...

    async def find_payment(
        self, account: ProviderAccount, our_reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderPayment | None:
        """The payment that carries our transaction id; for outcomes still unknown after the idempotency window.

        The provider's search may lag behind by a minute: None is an answer only when the payment would be older.
        """
        ...

    async def cancel_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """Give the payment up. If it was paid meanwhile, the paid payment is the answer, not an error.

        Raises:
            Rejected: code ``PAYMENT_NOT_CANCELABLE`` while the provider is processing it.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class Capturing(Protocol):
    """A connector whose authorized payments are captured by a call; automatic and whole."""

    async def capture_payment(
        self,
        account: ProviderAccount,
        provider_payment_id: str,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderPayment:
        """Take the authorized money. A payment that was captured before is the answer, not an error.

        What the answer's state says may be far from ``succeeded``: PayPal may hold the capture (``processing``), and
        at GoCardless this call makes the payment on the mandate that the customer gave; the bank decides days later.
        A decline is an answer too (``failed`` with its failure). ``provider_payment_id`` stays that of the order or
        billing request; what the provider makes of it is found through it.
        """
        ...


@runtime_checkable
class Refunding(Protocol):
    """A connector that gives money back by a call. Errors are those of `Connector`."""

    async def refund_payment(
        self,
        account: ProviderAccount,
        request: RefundRequest,
        *,
        idempotency_key: str,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> ProviderRefund:
        """Give money back. The same key always answers the same refund.

        Raises:
            Rejected: code ``REFUND_NOT_ENABLED`` where the account has refunds switched off.
        """
        ...

    async def find_refund(
        self, account: ProviderAccount, request: RefundRequest, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> ProviderRefund | None:
        """The refund of the request's id at the provider, else the one that carries our refund id; None when the
        provider shows no such refund of the payment."""
        ...


@runtime_checkable
class ThinEventConnector(Protocol):
    """A connector of a provider whose webhooks are thin events: facts are what it answers when asked."""

    async def resolve_thin_event(
        self, account: ProviderAccount, raw: bytes, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> list[ProviderFact]:
        """Ask the provider about the object that the thin event names. Every fact has an ``event_key`` made of the
        state that was seen, because a thin event's own id says nothing. An object that does not exist yields no facts.

        Raises:
            PartlyUnreadable: an object of ours has parts that cannot be read or kept; the error holds the other facts.
            Unreadable: all of it.
        """
        ...

    def thin_event_subject(self, raw: bytes) -> str:
        """Subject of a thin event: those of the same subject at the same moment need one answer.

        Raises:
            Unreadable: it is no webhook of the provider.
        """
        ...


@runtime_checkable
class Checkable(Protocol):
    """A connector of a provider that can be asked what the credentials of an account are good for."""

    async def check_account(
        self, account: ProviderAccount, *, webhook_url: str, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> tuple[ProviderCheck, ...]:
        """Ask what the credentials open and how the webhook is registered; every fault is a check, none an error.
        Changes nothing at the provider.

        Args:
            webhook_url: our address for this account's webhooks; empty if it is not known.
        """
        ...


@runtime_checkable
class Selective(Protocol):
    """A connector whose accounts take only what each was set up for, beside what `Capabilities` say of all."""

    def takes(self, account: ProviderAccount, amount: Money) -> bool:
        """Whether a payment of that amount can be offered on this account, without a request."""
        ...


@runtime_checkable
class Accounting(Protocol):
    """A connector of a provider whose events only name the fee and the exchange of a movement."""

    async def fetch_settlement(
        self, account: ProviderAccount, reference: str, *, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> Settlement | None:
        """The provider's booking under the reference of a fact of kind ``fee_known`` that has no amount; None
        when they know nothing of it. Errors are those of `Connector`."""
        ...
