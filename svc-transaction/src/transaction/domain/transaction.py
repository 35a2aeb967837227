"""A transaction: one attempt to pay a checkout with one provider."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import computed_field

from gateway_contracts.aggregates import Aggregate, Appended
from gateway_contracts.amount_format import AmountFormat, from_minor
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.events.transaction import PaymentMethod, TransactionLine
from gateway_contracts.payment_search import search_keys
from gateway_contracts.requests.transaction import Failure, TimelineEntry
from gateway_contracts.sale_facts import SaleFacts
from transaction.domain.states import OPEN, Status

TIMELINE_ENTRIES_MAX: Final = 200
"""The oldest are dropped; a provider that repeats itself must not grow a document without end."""

CanceledBy = Literal["person", "expiry", "provider"]


class Transaction(SaleFacts, Aggregate):
    """One attempt.

    Attributes:
        session_hash: what the session's secret name is found by.
        version: grows with every stored change; the ``sequence`` of its events.
        amount_format: how its shop writes and reads amounts; all amounts here are minor units.
        committed: the customer can no longer just walk away.
        authorized: the customer has agreed at the provider, and the money is about to be captured.
        sent_at: when the customer said that the transfer was sent; None again when a part of it has arrived.
        entry_count: how many ledger entries it has.
        refunds_accepted: of the sale, confirmed or on their way; they reserve what they take.
        disputed: withdrawn in a dispute, or lost in one.
        open_disputes: undecided chargebacks.
        contested: an undecided chargeback, or money withdrawn or lost in a dispute; what lists are filtered by.
        hidden_at: when it was deleted; it had no money.
        traceparent: where its one trace began; whatever advances it later continues there.
        canceled_by: decides what a late payment does.
        deadline_at: when a committed attempt of a method without a deadline of its own is given up.
        resolve_at: when the janitor asks the provider; None when nothing is open there.
        last_fact_at: the provider's time of the last fact applied.
    """

    livemode: bool
    site_id: str
    checkout_id: str
    session_public_id: EncryptedValue
    session_hash: str
    provider_id: str
    provider_type: str
    status: Status
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
    canceled_by: CanceledBy | None = None
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
    shipping: EncryptedValue | None = None
    ipn_url: EncryptedValue | None = None
    return_page: EncryptedValue | None = None
    email_hash: str | None = None
    country: str | None = None
    failure: Failure | None = None
    metadata: EncryptedValue | None = None
    timeline: Annotated[tuple[TimelineEntry, ...], Appended(TIMELINE_ENTRIES_MAX)] = ()
    trace_id: str | None = None
    traceparent: str | None = None
    deadline_at: datetime | None = None
    resolve_at: datetime | None = None
    resolve_attempts: int = 0
    last_fact_at: datetime | None = None
    hidden_at: datetime | None = None
    payment_method: PaymentMethod | None = None
    amount_format: AmountFormat = "minor"

    @computed_field
    def search_keys(self) -> tuple[str, ...]:
        """Keys for the search, stored with it."""
        return search_keys(self.id, self.checkout_id, self.amount, self.currency)

    def written(self, amount: int) -> int:
        """An amount of its currency as its shop writes it."""
        return from_minor(amount, self.currency, self.amount_format)

    @property
    def refundable(self) -> int:
        """Remaining amount of the sale that can be refunded, in minor units."""
        return self.captured - self.refunds_accepted - self.disputed

    def is_own(self, provider_payment_id: str | None) -> bool:
        """Whether a fact that names this payment is about the transaction's own one. Without a name it is; and as long
        as the transaction has no payment, every one that carries its marker may be it."""
        return self.provider_payment_id is None or provider_payment_id in (None, self.provider_payment_id)

    @property
    def is_open(self) -> bool:
        """Whether the payment can still go anywhere."""
        return self.status in OPEN

    @property
    def is_under_way(self) -> bool:
        """Whether the customer has done their part: a second payment would be one too many."""
        return self.is_open and (self.committed or self.authorized)

    @property
    def holds_money(self) -> bool:
        """Whether money arrived that is no sale yet; of an open one, also in another currency."""
        return self.unapplied > 0 or (self.is_open and self.entry_count > 0)

    @property
    def outstanding(self) -> int:
        """Amount still to be paid, in minor units."""
        return max(self.amount - self.unapplied, 0) if self.is_open else 0


def counting_attempt(paid_by: str | None, attempts: Sequence[Transaction]) -> Transaction | None:
    """The attempt of a session that says how its payment stands: the one that paid, holds money or is under way, else
    an open one, else the latest."""
    ranked: tuple[Callable[[Transaction], bool], ...] = (
        lambda attempt: attempt.id == paid_by,
        lambda attempt: attempt.holds_money,
        lambda attempt: attempt.is_under_way,
        lambda attempt: attempt.is_open,
        lambda attempt: True,
    )
    found = (attempt for is_it in ranked for attempt in reversed(attempts) if is_it(attempt))
    return next(found, None)
