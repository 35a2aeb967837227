"""Content of a provider's webhook, extracted, checked and normalized."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal, Protocol

from gateway_contracts.errors import Unreadable
from gateway_contracts.events.transaction import PaymentMethod
from gateway_contracts.money import Money
from gateway_contracts.requests.transaction import Failure
from gateway_providers.bounds import check_moment, check_money, check_text


class FactKind(StrEnum):
    """Triggers of the transaction lifecycle that a provider can pull."""

    CAPTURE_CONFIRMED = "capture_confirmed"
    AUTHORIZED = "authorized"
    PROCESSING = "processing"
    REQUIRES_ACTION = "requires_action"
    DECLINED = "declined"
    CANCELED = "canceled"
    FAILED_WILL_RETRY = "failed_will_retry"
    LATE_FAILURE = "late_failure"
    REFUND_PENDING = "refund_pending"
    REFUND_CONFIRMED = "refund_confirmed"
    REFUND_FAILED = "refund_failed"
    INQUIRY_CHANGED = "inquiry_changed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_UNDER_REVIEW = "dispute_under_review"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_FUNDS_WITHDRAWN = "dispute_funds_withdrawn"
    DISPUTE_FUNDS_REINSTATED = "dispute_funds_reinstated"
    MONEY_RECEIVED = "money_received"
    PAID_OUT = "paid_out"
    MANDATE_CHANGED = "mandate_changed"
    FEE_KNOWN = "fee_known"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ParsedEvent:
    """One event of a webhook's body, cut out but not interpreted.

    Attributes:
        provider_event_id: the provider's id; with the account it identifies the event permanently.
        raw: the bytes that `Webhooks.facts` reads.
    """

    provider_event_id: str
    event_type: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class Exchange:
    """The provider keeps the money in another currency: ``gone`` became ``come``; both negative where money left.

    Raises:
        OutOfRange: one of them cannot be kept.
    """

    gone: Money
    come: Money

    def __post_init__(self) -> None:
        check_money(self.gone, "what was exchanged")
        check_money(self.come, "what was received for it")


# These may have an amount of nothing, or a negative one: a fee that was given back, an event that is not about money.
_ANY_AMOUNT = frozenset({FactKind.FEE_KNOWN, FactKind.MANDATE_CHANGED, FactKind.PAID_OUT, FactKind.UNKNOWN})


@dataclass(frozen=True)
class ProviderFact:
    """One thing that happened at the provider. Its numbers, dates and texts are within `bounds`, or it does not exist.

    Attributes:
        kind: the lifecycle trigger (a plain string value).
        provider_payment_id: None when the fact names no payment.
        transaction_id: our marker; None when the object does not carry it (match by ``provider_payment_id``).
        amount: captured, authorized, refunded, disputed or fee amount; None when the fact has none.
        occurred_at: the provider's time.
        provider_object_id: id of the refund, dispute or fee record, where the fact is about one.
        livemode: the provider's word on the mode; compare it with the account's. None where its events do not say
            (GoCardless, PayPal): the secret that signed them belongs to one mode.
        account: the account at the provider that the event names beside the one that receives it (Stripe Connect);
            compare it with the configured one before anything else of the fact is believed.
        refund_id: our refund, from its marker.
        dispute_kind: ``chargeback`` or ``bank_return`` where the fact is about a dispute.
        dispute_status: where the dispute stands, on a fact about its money that says both.
        withdrawn: how much of the disputed money the provider holds back after this, negative where it gave back
            more; None where it does not say.
        reference: the remittance information of money that came by transfer; it names the payment.
        fee_of: what a fee is for; a negative amount is a fee that was given back.
        exchange: what the money became in the provider's books, known together with the fee.
        rounding: what the provider's units lost in ours, at most one minor unit; negative where they won.
        method: how the customer paid, where the event says so.
        event_key: identity of a fact that was fetched; None for a fact that was delivered (its event's id counts).

    Raises:
        OutOfRange: an amount, date or text that cannot be kept.
        Unreadable: money that moved and is nothing, or less.
    """

    kind: FactKind
    event_type: str
    provider_status: str
    occurred_at: datetime
    livemode: bool | None
    account: str | None = None
    provider_payment_id: str | None = None
    transaction_id: str | None = None
    organization_id: str | None = None
    amount: Money | None = None
    failure: Failure | None = None
    provider_object_id: str | None = None
    refund_id: str | None = None
    dispute_kind: Literal["chargeback", "bank_return"] | None = None
    dispute_status: Literal["open", "under_review", "won", "lost"] | None = None
    withdrawn: Money | None = None
    reference: str | None = None
    fee_of: Literal["payment", "dispute"] = "payment"
    exchange: Exchange | None = None
    rounding: Money | None = None
    method: PaymentMethod | None = None
    event_key: str | None = None

    def __post_init__(self) -> None:
        for name in _TEXTS:
            check_text(getattr(self, name), name)
        check_text(self.provider_status or None, "provider_status")
        check_moment(self.occurred_at, "occurred_at")
        for money in (self.amount, self.rounding, self.withdrawn):
            check_money(money, "the amount")
        if self.amount is not None and self.amount.amount_minor <= 0 and self.kind not in _ANY_AMOUNT:
            raise Unreadable(f"{self.kind} of nothing")


_TEXTS = (
    "event_type",
    "account",
    "provider_payment_id",
    "transaction_id",
    "organization_id",
    "provider_object_id",
    "refund_id",
    "reference",
    "event_key",
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Claimed sender of a delivery that is not verified yet, for the limits of its effects.

    Attributes:
        lane: the network that it comes from.
        is_proven: a verified delivery to the same account came from there lately.
    """

    lane: str
    is_proven: bool = False


NO_SENDER: Final = Sender("")


class Places(Protocol):
    """Places for fetches that happen at the same time."""

    def place(self, sender: Sender, *, is_known: bool) -> AbstractAsyncContextManager[None]:
        """Hold a place; known certificates and proven senders never wait behind strangers.

        Raises:
            Transient: there is none in time.
        """
        ...


@dataclass(frozen=True)
class WebhookHost:
    """Services that the verifier of webhooks provides for `Webhooks.prepare`.

    Attributes:
        places: limits of what may be fetched at the same time.
        certificate_origins: further origins that may hold certificates, such as a simulator's.
    """

    places: Places
    certificate_origins: tuple[str, ...] = ()


class Webhooks(Protocol):
    """Reader of a provider's webhooks. Pure functions of bytes: no I/O, no clock; only `prepare` may reach out.

    Implementations inherit from this class for its defaults.
    """

    secret_name: str
    """Name of the account's secrets that sign (several while rotating), such as ``webhookSecret``."""
    signature_headers: frozenset[str] = frozenset()
    """Names in lower case of the headers that the methods below read. Of a webhook's headers, only these and
    ``content-type`` are passed to them."""
    signature_failure_status: int = 400
    """What the provider wants to be answered when the signature is wrong."""

    def hosted(self, host: WebhookHost) -> "Webhooks":
        """These webhooks with what the verifying service provides. Default: the same."""
        return self

    async def prepare(self, headers: Mapping[str, str], sender: Sender = NO_SENDER) -> None:
        """Have ready what `verify` needs beside the secrets (PayPal: the certificate that signed). Default: nothing.

        Args:
            sender: whose share of slow work it counts against.

        Raises:
            SignatureInvalid: the headers ask for something that we do not trust; nothing was fetched.
            Transient: it cannot be had now; the provider shall send the webhook again.
        """
        return  # not an abstract method: most providers have nothing to prepare

    def published_keys(self, *, livemode: bool) -> tuple[str, ...]:
        """Key material where the account has no secret of its own: public keys of the provider itself (Wise), the
        same for all its customers. Default: none."""
        return ()

    def is_test(self, headers: Mapping[str, str]) -> bool:
        """Whether the provider only wants to see an answer. Such a delivery is answered with 200 and has
        no effect, so it needs no signature. Default: there is no such thing."""
        return False

    def is_signed(self, headers: Mapping[str, str]) -> bool:
        """Whether a delivery that `verify` let pass was signed. Default: always; Mollie's classic thin event is not."""
        return True

    def is_thin_event(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether this delivery proves nothing by itself (classic Mollie): stored unverified, resolved by asking."""
        ...

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
        """Check that the body is genuine. Header names are lower case.

        Raises:
            SignatureInvalid: no secret signed these bytes, or the signature is older or newer than the tolerance.
        """
        ...

    def split(self, body: bytes) -> list[ParsedEvent]:
        """The events of a genuine body.

        Raises:
            Unreadable: not this provider's format.
        """
        ...

    def facts(self, raw: bytes) -> list[ProviderFact]:
        """Content of one event. An event type that we do not know is one fact of kind ``unknown``, never an error.

        Raises:
            Unreadable: not this provider's format.
        """
        ...
