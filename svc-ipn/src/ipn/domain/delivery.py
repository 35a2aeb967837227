"""A notification as it is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from gateway_contracts.aggregates import Aggregate, Appended
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.requests.ipn import Reason
from ipn.domain.changes import IpnVersion
from ipn.domain.outcome import Outcome

State = Literal["blocked", "waiting", "sending", "delivered", "superseded", "exhausted", "set_aside"]
OPEN_STATES: frozenset[State] = frozenset({"blocked", "waiting", "sending"})
ATTEMPTS_MAX: Final = 50
"""More than the schedule has; an operator who sends again and again loses the oldest."""


class Delivery(Aggregate):
    """One notification: an immutable body for one URL, and where it stands.

    Attributes:
        body: encrypted, because version 2 names the checkout's session, and who knows that name sees the checkout.
        id: the delivery id, the same on every attempt.
        lane: the checkout, whose delivery queue it is in; one delivery of a queue is tried at a time.
        target: keyed hash of the URL's host; limits are counted by it.
        state: ``blocked`` behind another of its queue, ``waiting`` for its time, ``sending`` under a lease;
            ``set_aside`` when it cannot be processed, until it is redriven.
        made: failed attempts of the schedule so far.
        unrecorded: leases in a row that ended without a record of their attempt.
        claim: who holds the lease.
        opens: the checkout, when it is the first of its queue.
        solo: stands alone: the first of its queue, not in the queue's document (if there is one). What it means for the
            queue follows from itself.
        resend_of: set while it is sent again by hand: the state that it returns to if that fails.
        version: of this record; the sequence of its events.
        orders: keyed hashes of the names of the merchant's order; only where a payment of it makes this pointless.
        pays: the same, where this reports that the order is paid.
        reason: why it is superseded.
        dispute_id: the dispute that it is about.
        finished_at: when it ended; the row is deleted a while after it.
    """

    site_id: str
    livemode: bool
    lane: str
    transaction_id: str
    ipn_status: int
    event_version: int
    dialect: IpnVersion
    body: EncryptedValue = Field(repr=False)
    url: EncryptedValue = Field(repr=False)
    target: str
    state: State
    created_at: datetime
    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    claim: str | None = None
    made: int = 0
    unrecorded: int = 0
    resend_of: State | None = None
    opens: str | None = None
    solo: bool = False
    orders: tuple[str, ...] = ()
    pays: tuple[str, ...] = ()
    reason: Reason | None = None
    dispute_id: str | None = None
    finished_at: datetime | None = None
    attempts: Annotated[tuple[Outcome, ...], Appended(ATTEMPTS_MAX)] = ()
    traceparent: str | None = None
    correlation_id: str | None = None


Attempted = tuple[Delivery, Outcome]
"""A delivery as it was sent, and what came of it."""


@dataclass(frozen=True)
class Stuck:
    """A stored delivery that cannot be processed, as far as it can be read.

    Attributes:
        claim: of the lease under which that was found; None when there was none.
        tries: attempts and lost leases so far.
        size: of the row, in bytes.
    """

    id: str
    organization_id: str
    checkout_id: str
    claim: str | None
    tries: int
    size: int


def stuck_of(delivery: Delivery) -> Stuck:
    """The same delivery, given up for now."""
    size = len(delivery.body.c) + len(delivery.url.c)
    tries = delivery.made + delivery.unrecorded + 1
    return Stuck(delivery.id, delivery.organization_id, delivery.lane, delivery.claim, tries, size)
