"""A dispute: somebody takes a payment back, or tries to. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.money import Money
from gateway_contracts.requests.dispute import DisputeKind, HoldAction, HoldReason
from transaction.domain import reversals
from transaction.domain.ledger import Entry
from transaction.domain.records import Scope


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


@dataclass(frozen=True)
class Dispute:
    """A customer or a bank contests a payment. A transaction may have several; its state stays.

    Attributes:
        funds_withdrawn: the provider took the money; only then the books move.
        position: where the books hold it now.
        moves: how often the books moved; keeps entries apart when a decision is reversed.
        open: undecided and a chargeback; what a new checkout of the customer is refused for.
        email_hash: of the address that the customer paid under.
        other_email_hashes: of other addresses that the shop gave.
        amount_format: that of its transaction.
        last_fact_at: the provider's time of the last status applied.
    """

    id: str
    organization_id: str
    livemode: bool
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
    position: Position = "none"
    moves: int = 0
    open: bool = False
    email_hash: str | None = None
    other_email_hashes: tuple[str, ...] = ()
    closed_at: datetime | None = None
    last_fact_at: datetime | None = None
    amount_format: AmountFormat = "minor"

    @property
    def scope(self) -> Scope:
        return Scope(self.organization_id, self.livemode)

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


@dataclass(frozen=True)
class DisputeNews:
    """What somebody says about a dispute.

    Attributes:
        status: None when only money moved.
        funds: ``withdrawn`` or ``reinstated``; None when no money moved.
        occurred_at: the provider's time; None for an operator's word, which always counts.
    """

    kind: DisputeKind
    status: DisputeStatus | None = None
    funds: Literal["withdrawn", "reinstated"] | None = None
    amount: Money | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True)
class Judged:
    """A dispute after news, with the postings that follow. ``is_double``: nothing is left that could be taken; the
    same loss was told before under another name, and is not booked again."""

    dispute: Dispute
    entries: tuple[Entry, ...] = ()
    is_double: bool = False


def judge(dispute: Dispute, news: DisputeNews, now: datetime, *, room: int | None = None) -> Judged:
    """Apply news. An older status than the one known changes nothing; money that moved is booked whenever it is told.

    An inquiry that becomes a chargeback does so for good. ``room`` is how much of the captured amount no other dispute
    has taken, in minor units: disputes together never take more than was captured; None where that is not known, or
    where a person has decided.
    """
    after = dispute
    if dispute.kind == "inquiry" and news.kind != "inquiry":
        after = replace(after, kind=news.kind)
    is_old = _is_old(dispute, news)
    if not is_old and news.amount is not None and news.amount.amount_minor > 0 and dispute.position == "none":
        after = replace(after, amount=news.amount.amount_minor, currency=news.amount.currency)
    if news.status is not None and not is_old:
        after = _with_status(after, news.status, news, now)
    if news.funds is not None:
        after = replace(after, funds_withdrawn=news.funds == "withdrawn")
    after = replace(after, open=after.kind == "chargeback" and after.status in UNDECIDED)
    if after == dispute:
        return Judged(dispute)
    return _booked(replace(after, updated_at=now), room)


def _is_old(dispute: Dispute, news: DisputeNews) -> bool:
    if news.occurred_at is None or dispute.last_fact_at is None:
        return False
    if news.occurred_at == dispute.last_fact_at and news.status is not None:
        # The same second: a decision is not undone by what came before it.
        return dispute.status not in UNDECIDED and news.status in UNDECIDED
    return news.occurred_at < dispute.last_fact_at


def _with_status(dispute: Dispute, status: DisputeStatus, news: DisputeNews, now: datetime) -> Dispute:
    is_decided = status not in UNDECIDED
    return replace(
        dispute,
        status=status,
        closed_at=(dispute.closed_at or now) if is_decided else None,
        last_fact_at=news.occurred_at or dispute.last_fact_at,
    )


def _wanted(dispute: Dispute) -> Position:
    if dispute.kind == "inquiry":
        return "none"
    if dispute.status in LOST:
        return "lost"
    return "disputed" if dispute.funds_withdrawn else "none"


def _booked(dispute: Dispute, room: int | None) -> Judged:
    """Move the books to where the dispute says that the money is."""
    wanted = _wanted(dispute)
    if wanted == dispute.position:
        return Judged(dispute)
    if dispute.position == "none" and room is not None and dispute.amount > room:
        return Judged(dispute, is_double=True)
    reference = dispute.id if dispute.moves == 0 else f"{dispute.id}:{dispute.moves}"
    make = _MOVES[dispute.position, wanted]
    entries = tuple(each(dispute.money, dispute.provider_id, reference) for each in make)
    return Judged(replace(dispute, position=wanted, moves=dispute.moves + 1), entries)


_MOVES: Final = {
    ("none", "disputed"): (reversals.dispute_opened,),
    ("none", "lost"): (reversals.immediate_loss,),
    ("disputed", "none"): (reversals.dispute_won,),
    ("disputed", "lost"): (reversals.dispute_lost,),
    ("lost", "none"): (reversals.loss_reversed,),
    ("lost", "disputed"): (reversals.loss_reversed, reversals.dispute_opened),
}


@dataclass(frozen=True)
class Hold:
    """What a customer may no longer do after a dispute that was lost or accepted.

    Attributes:
        email_hash: of the address that the customer paid under.
        other_email_hashes: of other addresses that the shop gave.
    """

    id: str
    organization_id: str
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
