"""A refund and what may become of it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from gateway_contracts.aggregates import Aggregate
from gateway_contracts.amount_format import AmountFormat
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import Conflict, FieldProblem, Invalid
from gateway_contracts.events.refund import RefundLine
from gateway_contracts.limits import ITEMS_MAX
from gateway_contracts.money import Money
from gateway_contracts.requests.transaction import Failure
from transaction.domain import reversals
from transaction.domain.ledger import Entry, exchange
from transaction.domain.states import Status
from transaction.domain.transaction import Transaction


class RefundState(StrEnum):
    """State of a refund. ``unknown``: the outcome of a call to the provider is not known."""

    REQUESTED = "requested"
    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


UNDECIDED: Final = frozenset({RefundState.REQUESTED, RefundState.PENDING, RefundState.UNKNOWN})
UNDONE: Final = frozenset({RefundState.FAILED, RefundState.CANCELED})
"""States in which nothing is reserved."""


class Refund(Aggregate):
    """Money that goes back to the customer.

    Attributes:
        funds: ``sale``, or ``held``: money that never became part of the sale and makes no credit note.
        source: its origin: a merchant, a refund made at the provider, or the decision about a case.
        manual: an operator pays it, the provider is not asked.
        provider_payment_id: the payment that is refunded; not the transaction's own one for held money.
        version: grows with every change; the ``sequence`` of its events.
        amount_format: that of its transaction.
        last_fact_at: the provider's time of the last fact applied.
    """

    livemode: bool
    transaction_id: str
    provider_id: str
    provider_type: str
    state: RefundState
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

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


@dataclass(frozen=True)
class RefundUpdate:
    """Update of a refund; ``occurred_at`` is the provider's time, None for an update of our own.

    ``amount`` is what the provider gives back, where it says so.
    """

    state: RefundState
    occurred_at: datetime | None = None
    provider_refund_id: str | None = None
    provider_status: str | None = None
    failure: Failure | None = None
    amount: Money | None = None


@dataclass(frozen=True)
class Settled:
    """A refund after an update, with the postings that follow."""

    refund: Refund
    entries: tuple[Entry, ...] = ()


def settle(refund: Refund, update: RefundUpdate, now: datetime) -> Settled | None:
    """Apply an update to a refund; None when it is known, older than the last one, or impossible.

    A refund that was undone succeeds only by a later word of the provider: the money is what counts.
    """
    before, to = refund.state, update.state
    known = refund.changed(
        provider_refund_id=refund.provider_refund_id or update.provider_refund_id,
        provider_status=update.provider_status or refund.provider_status,
    )
    if to in (before, RefundState.REQUESTED) or not _may_follow(refund, update):
        return None if known == refund else Settled(known.changed(updated_at=now))
    after = known.changed(
        state=to,
        updated_at=now,
        failure=_failure(update) if to in UNDONE else None,
        succeeded_at=now if to is RefundState.SUCCEEDED else refund.succeeded_at,
        last_fact_at=update.occurred_at or refund.last_fact_at,
    )
    return Settled(after, _entries(refund, to))


def _may_follow(refund: Refund, update: RefundUpdate) -> bool:
    if refund.state in UNDECIDED:
        return True
    if refund.state is RefundState.SUCCEEDED:
        return update.state in UNDONE
    is_later = update.occurred_at is not None and (
        refund.last_fact_at is None or update.occurred_at > refund.last_fact_at
    )
    return update.state is RefundState.SUCCEEDED and is_later


@dataclass(frozen=True)
class Correction:
    """A refund with the amount that the provider really gives back, and the postings of the difference."""

    refund: Refund
    entries: tuple[Entry, ...]
    moved: Money


def correct(refund: Refund, update: RefundUpdate) -> Correction | None:
    """Correction when the provider refunds another amount than requested; None when it reports no other amount.

    The books follow the money: a reservation shrinks or grows, what was booked as paid is added to or taken back. In
    another currency the refund keeps its amount, and what left is booked as an exchange of it.
    """
    moved = update.amount
    if moved is None or moved.amount_minor <= 0 or moved == refund.money or not _is_believed(refund, update):
        return None
    reference = f"{refund.id}:{refund.version}:amount"
    if moved.currency != refund.currency:
        if refund.state is RefundState.SUCCEEDED or update.state is not RefundState.SUCCEEDED:
            return None
        return Correction(refund, (exchange(-refund.money, -moved, refund.provider_id, reference),), moved)
    part = refund.changed(id=reference, amount=abs(moved.amount_minor - refund.amount))
    is_more, book = moved.amount_minor > refund.amount, _BOOKS[refund.funds]
    entries: tuple[Entry, ...] = ()
    if refund.state in UNDECIDED:
        entries = (book.accepted(part) if is_more else book.failed(part),)
    elif refund.state is RefundState.SUCCEEDED:
        entries = (book.at_provider(part) if is_more else book.failed_late(part, ""),)
    return Correction(refund.changed(amount=moved.amount_minor, lines=()), entries, moved)


def _is_believed(refund: Refund, update: RefundUpdate) -> bool:
    """A refund that fails moves nothing; an older word than the one known changes nothing."""
    if update.state in UNDONE or not (update.state is refund.state or _may_follow(refund, update)):
        return False
    known = refund.last_fact_at
    return update.occurred_at is None or known is None or update.occurred_at >= known


def _failure(update: RefundUpdate) -> Failure:
    return update.failure or Failure(code="REFUND_FAILED", message="The refund did not go through.")


def _entries(refund: Refund, to: RefundState) -> tuple[Entry, ...]:
    if to in UNDECIDED:
        return ()
    book = _BOOKS[refund.funds]
    again = f":{refund.version}"  # what turns out otherwise more than once is booked each time
    if to is RefundState.SUCCEEDED:
        return (book.succeeded(refund),) if refund.state in UNDECIDED else (book.at_provider(refund, again),)
    return (book.failed_late(refund, again),) if refund.state is RefundState.SUCCEEDED else (book.failed(refund),)


class _Sale:
    """Postings of a refund of what was sold."""

    @staticmethod
    def accepted(refund: Refund) -> Entry:
        return reversals.refund_requested(refund.money, refund.id)

    @staticmethod
    def succeeded(refund: Refund) -> Entry:
        return reversals.refund_succeeded(refund.money, refund.provider_id, refund.id, manual=refund.manual)

    @staticmethod
    def failed(refund: Refund) -> Entry:
        return reversals.refund_failed(refund.money, refund.id)

    @staticmethod
    def failed_late(refund: Refund, suffix: str) -> Entry:
        return reversals.refund_failed_late(refund.money, refund.provider_id, refund.id + suffix, manual=refund.manual)

    @staticmethod
    def at_provider(refund: Refund, suffix: str = "") -> Entry:
        return reversals.refund_at_provider(refund.money, refund.provider_id, refund.id + suffix)


class _Held:
    """Postings of a refund of money that fits no sale."""

    @staticmethod
    def accepted(refund: Refund) -> Entry:
        return reversals.held_refund_accepted(refund.money, refund.id)

    @staticmethod
    def succeeded(refund: Refund) -> Entry:
        return reversals.held_refund_paid(refund.money, refund.provider_id, refund.id, manual=refund.manual)

    @staticmethod
    def failed(refund: Refund) -> Entry:
        return reversals.held_refund_failed(refund.money, refund.id)

    @staticmethod
    def failed_late(refund: Refund, suffix: str) -> Entry:
        return reversals.held_refund_failed_late(
            refund.money, refund.provider_id, refund.id + suffix, manual=refund.manual
        )

    @staticmethod
    def at_provider(refund: Refund, suffix: str = "") -> Entry:
        return reversals.held_refund_at_provider(refund.money, refund.provider_id, refund.id + suffix)


_BOOKS: Final[dict[str, type[_Sale] | type[_Held]]] = {"sale": _Sale, "held": _Held}


def opening_entry(refund: Refund) -> Entry:
    """The posting of a new refund: a reservation, or what left at the provider without asking us."""
    book = _BOOKS[refund.funds]
    return book.at_provider(refund) if refund.state is RefundState.SUCCEEDED else book.accepted(refund)


def requested_amount(amount: int | None, lines: tuple[RefundLine, ...], transaction: Transaction) -> int:
    """How much is to go back: the amount, else the sum of the lines, else all that is left.

    Raises:
        Invalid: it is no positive amount, or lines that are not those of the sale (``LINES_SUM_MISMATCH``).
    """
    total = sum(line.amount for line in lines)
    requested = amount if amount is not None else total if lines else transaction.refundable
    problems = [
        FieldProblem(f"lines[{index}].line", "is not a line of this transaction")
        for index, line in enumerate(lines)
        if line.line >= (len(transaction.lines) or ITEMS_MAX)
    ]
    if problems:
        raise Invalid(f"{problems[0].field}: {problems[0].message}", details=problems)
    if lines and total != requested:
        written = transaction.written
        message = f"sum of line amounts ({written(total)}) does not match the amount ({written(requested)})"
        raise Invalid(message, code="LINES_SUM_MISMATCH", details=[FieldProblem("lines", message)])
    return requested


def require_refundable(transaction: Transaction, amount: int) -> None:
    """
    Raises:
        Conflict: ``TRANSACTION_NOT_REFUNDABLE``, ``TRANSACTION_DISPUTED``, ``REFUND_EXCEEDS_CAPTURED``.
    """
    if transaction.status not in (Status.SUCCEEDED, Status.REFUNDED):
        message = f"a transaction that is {transaction.status.public} has nothing to give back"
        raise Conflict(message, code="TRANSACTION_NOT_REFUNDABLE")
    if transaction.open_disputes:
        raise Conflict("the customer disputes this payment; answer the dispute first", code="TRANSACTION_DISPUTED")
    if amount > transaction.refundable or transaction.refundable <= 0:
        raise Conflict(
            "the refund is larger than what is left of the captured amount",
            code="REFUND_EXCEEDS_CAPTURED",
            refundable=transaction.written(max(transaction.refundable, 0)),
            captured=transaction.written(transaction.captured),
        )
