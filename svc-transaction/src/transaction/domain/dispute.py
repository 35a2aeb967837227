"""Disputes: a customer or bank takes a payment back, or tries to. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from gateway_contracts.aggregates import Aggregate
from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.money import Money
from gateway_contracts.requests.dispute import DisputeKind, HoldAction, HoldReason
from transaction.domain import reversals
from transaction.domain.ledger import Entry


class DisputeStatus(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    ACCEPTED = "accepted"


UNDECIDED: Final = frozenset({DisputeStatus.OPEN, DisputeStatus.UNDER_REVIEW})
LOST: Final = frozenset({DisputeStatus.LOST, DisputeStatus.ACCEPTED})
Position = Literal["none", "disputed", "lost"]
"""Where the books hold the contested money."""


class Dispute(Aggregate):
    """A customer or a bank contests a payment. A transaction may have several; its state stays.

    Attributes:
        funds_withdrawn: the provider took the money; only then the books move.
        funds_reinstated: the provider gave it back, all of it; whatever the decision says, nothing is lost.
        withdrawn: how much of it the provider holds back, where that is known and not the whole amount.
        position: where the books hold it now.
        booked: how much they hold there; None on records of an earlier version, which hold the whole amount.
        moves: how often the books moved; keeps entries apart when a decision is reversed.
        open: undecided and a chargeback; what a new checkout of the customer is refused for.
        email_hash: of the address that the customer paid under.
        other_email_hashes: of other addresses that the shop gave.
        amount_format: that of its transaction.
        last_fact_at: the provider's time of the last status applied; ``last_funds_at`` that of the last word on money.
    """

    livemode: bool
    transaction_id: str
    provider_id: str
    provider_type: str
    provider_dispute_id: str
    kind: DisputeKind
    status: DisputeStatus
    amount: int
    currency: str
    opened_at: datetime
    updated_at: datetime
    funds_withdrawn: bool = False
    funds_reinstated: bool = False
    withdrawn: int | None = None
    booked: int | None = None
    last_funds_at: datetime | None = None
    position: Position = "none"
    moves: int = 0
    open: bool = False
    email_hash: str | None = None
    other_email_hashes: tuple[str, ...] = ()
    closed_at: datetime | None = None
    last_fact_at: datetime | None = None
    amount_format: AmountFormat = "minor"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def in_books(self) -> int:
        """How much the books say that it holds or lost, in minor units."""
        if self.position == "none":
            return 0
        return self.amount if self.booked is None else self.booked


@dataclass(frozen=True)
class DisputeUpdate:
    """An update of a dispute, by its provider or by an operator.

    Attributes:
        status: None when only money moved.
        funds: ``withdrawn`` or ``reinstated``; None when no money moved.
        occurred_at: the provider's time; None for an operator's word, which always counts.
        withdrawn: how much of the disputed money is held back after it, in minor units; negative where more came back
            than was withdrawn; None where that is not known.
    """

    kind: DisputeKind
    status: DisputeStatus | None = None
    funds: Literal["withdrawn", "reinstated"] | None = None
    amount: Money | None = None
    occurred_at: datetime | None = None
    withdrawn: int | None = None


@dataclass(frozen=True)
class DisputeOutcome:
    """A dispute after an update, with the postings that follow. ``is_double``: nothing is left that could be taken;
    the same loss was reported before under another name, and is not booked again."""

    dispute: Dispute
    entries: tuple[Entry, ...] = ()
    is_double: bool = False


def judge(dispute: Dispute, update: DisputeUpdate, now: datetime, *, room: int | None = None) -> DisputeOutcome:
    """Apply an update. An older status than the one known changes nothing, nor does an older report of money. A newer
    one counts also after the decision: the books follow the money.

    An inquiry that becomes a chargeback does so for good. ``room`` is how much of the captured amount no other dispute
    has taken, in minor units: disputes together never take more than was captured; None where that is not known, or
    where a person has decided.
    """
    after = dispute
    if dispute.kind == "inquiry" and update.kind != "inquiry":
        after = after.changed(kind=update.kind)
    is_old = _is_old(dispute, update)
    if not is_old and update.amount is not None and update.amount.amount_minor > 0 and dispute.position == "none":
        after = after.changed(amount=update.amount.amount_minor, currency=update.amount.currency)
    if update.status is not None and not is_old:
        after = _with_status(after, update.status, update, now)
    if update.funds is not None and not _is_old_money(dispute, update):
        after = _with_funds(after, update)
    after = after.changed(open=after.kind == "chargeback" and after.status in UNDECIDED)
    if after == dispute:
        return DisputeOutcome(dispute)
    return _booked(after.changed(updated_at=now), room)


def _is_old(dispute: Dispute, update: DisputeUpdate) -> bool:
    if update.occurred_at is None or dispute.last_fact_at is None:
        return False
    if update.occurred_at == dispute.last_fact_at and update.status is not None:
        # The same second: a decision is not undone by what came before it.
        return dispute.status not in UNDECIDED and update.status in UNDECIDED
    return update.occurred_at < dispute.last_fact_at


def _is_old_money(dispute: Dispute, update: DisputeUpdate) -> bool:
    """In the same second money goes before it comes back."""
    if update.occurred_at is None or dispute.last_funds_at is None:
        return False
    is_undone = dispute.funds_reinstated and update.funds == "withdrawn"
    return update.occurred_at < dispute.last_funds_at or (update.occurred_at == dispute.last_funds_at and is_undone)


def _with_funds(dispute: Dispute, update: DisputeUpdate) -> Dispute:
    """A part that came back leaves the rest withdrawn."""
    is_withdrawn = update.funds == "withdrawn" if update.withdrawn is None else update.withdrawn > 0
    return dispute.changed(
        funds_withdrawn=is_withdrawn,
        funds_reinstated=not is_withdrawn,
        withdrawn=max(update.withdrawn or 0, 0) or None,
        last_funds_at=update.occurred_at or dispute.last_funds_at,
    )


def _with_status(dispute: Dispute, status: DisputeStatus, update: DisputeUpdate, now: datetime) -> Dispute:
    is_decided = status not in UNDECIDED
    return dispute.changed(
        status=status,
        closed_at=(dispute.closed_at or now) if is_decided else None,
        last_fact_at=update.occurred_at or dispute.last_fact_at,
    )


def _wanted(dispute: Dispute) -> Position:
    if dispute.kind == "inquiry" or dispute.funds_reinstated:
        return "none"
    if dispute.status in LOST:
        return "lost"
    return "disputed" if dispute.funds_withdrawn else "none"


def _booked(dispute: Dispute, room: int | None) -> DisputeOutcome:
    """Move the books to where the dispute says that the money is, and how much of it."""
    wanted = _wanted(dispute)
    before = dispute.in_books
    after = 0 if wanted == "none" else min(dispute.withdrawn or dispute.amount, dispute.amount)
    if (wanted, after) == (dispute.position, before):
        return DisputeOutcome(dispute)
    if dispute.position == "none" and room is not None and after > room:
        return DisputeOutcome(dispute, is_double=True)
    reference = dispute.id if dispute.moves == 0 else f"{dispute.id}:{dispute.moves}"
    entries = tuple(_entries(dispute, wanted, before, after, reference))
    return DisputeOutcome(dispute.changed(position=wanted, booked=after, moves=dispute.moves + 1), entries)


def _entries(dispute: Dispute, wanted: Position, before: int, after: int, reference: str) -> Iterator[Entry]:
    """First what is held goes where it belongs, then more of it is taken or some of it comes back."""

    def entry(make: Make, amount: int) -> Entry:
        return make(Money(amount, dispute.currency), dispute.provider_id, reference)

    held = before
    if dispute.position != wanted:
        if dispute.position == "disputed" and wanted == "lost":
            yield entry(reversals.dispute_lost, before)
        elif dispute.position != "none":
            yield entry(_RETURNED[dispute.position], before)
            held = 0
    if after > held:
        yield entry(_TAKEN[wanted], after - held)
    elif after < held:
        yield entry(_RETURNED[wanted], held - after)


Make = Callable[[Money, str, str], Entry]
_TAKEN: Final[dict[Position, Make]] = {"disputed": reversals.dispute_opened, "lost": reversals.immediate_loss}
_RETURNED: Final[dict[Position, Make]] = {"disputed": reversals.dispute_won, "lost": reversals.loss_reversed}


class Hold(Aggregate):
    """Restriction of a customer after a dispute that was lost or accepted.

    Attributes:
        email_hash: of the address that the customer paid under.
        other_email_hashes: of other addresses that the shop gave.
    """

    livemode: bool
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
