"""Invariants of every transaction: its state agrees with its timeline, its records and its books. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from transaction.domain import ledger
from transaction.domain.dispute import Dispute
from transaction.domain.ledger import Account, Entry
from transaction.domain.refund import UNDONE, Refund
from transaction.domain.states import PAID, Status
from transaction.domain.transaction import TIMELINE_ENTRIES_MAX, Transaction

_NEVER_CREDIT = (Account.DISPUTED, Account.REFUNDS)
_NEVER_DEBIT = (Account.SALES, Account.REFUNDS_PAYABLE, Account.UNAPPLIED_RECEIPTS)


def differences(
    transaction: Transaction,
    entries: Sequence[Entry],
    refunds: Sequence[Refund],
    disputes: Sequence[Dispute],
    *,
    is_known_reversal: bool = False,
) -> list[str]:
    """Differences, in words; empty when everything agrees. ``is_known_reversal``: a person knows already that more
    was given back than was captured."""
    found = [*_books(transaction, entries), *_timeline(transaction), *_state(transaction)]
    found += _refunds(entries, refunds, transaction.currency)
    found += _disputes(transaction, entries, disputes)
    if not is_known_reversal:
        found += _signs(entries)
        if transaction.refundable < 0:
            found.append(f"more was given back than was captured: {-transaction.refundable} too much")
    return found


def _books(transaction: Transaction, entries: Sequence[Entry]) -> Iterator[str]:
    totals = ledger.totals(entries, transaction.currency)
    for name in ("captured", "refunded", "refunds_accepted", "disputed", "received", "unapplied"):
        stored, booked = getattr(transaction, name), getattr(totals, name)
        if stored != booked:
            yield f"{name} is {stored}, the books say {booked}"
    if transaction.entry_count != len(entries):
        yield f"entry_count is {transaction.entry_count}, there are {len(entries)} entries"


def _timeline(transaction: Transaction) -> Iterator[str]:
    """The fold over the timeline: every change follows on the one before and ends at the state."""
    state: str | None = None
    if len(transaction.timeline) >= TIMELINE_ENTRIES_MAX:
        state = transaction.timeline[0].from_status
    for position, entry in enumerate(transaction.timeline):
        if state is not None and entry.from_status not in (None, state):
            yield f"timeline entry {position} starts from {entry.from_status}, the one before ended at {state}"
        if entry.effect != "applied" and entry.from_status is not None and entry.to_status != entry.from_status:
            yield f"timeline entry {position} changes the state without being applied"
        state = entry.to_status
    if state is not None and state != transaction.status.public:
        yield f"the state is {transaction.status.public}, the timeline ends at {state}"


def _state(transaction: Transaction) -> Iterator[str]:
    if transaction.contested != (transaction.disputed > 0 or transaction.open_disputes > 0):
        yield f"contested is {transaction.contested}, disputes say otherwise"
    if transaction.status in PAID and transaction.captured <= 0:
        yield f"it is {transaction.status.public} without a capture"
    if transaction.status not in PAID and transaction.captured:
        yield f"it is {transaction.status.public} with a captured amount"
    if transaction.status is Status.REFUNDED and transaction.refunded < transaction.captured:
        yield "it is refunded, and part of the captured amount remains"
    if transaction.status is Status.SUCCEEDED and 0 < transaction.captured <= transaction.refunded:
        yield "it is succeeded, and nothing of the captured amount remains"


def _refunds(entries: Sequence[Entry], refunds: Sequence[Refund], currency: str) -> Iterator[str]:
    totals = ledger.totals(entries, currency)
    kept = sum(refund.amount for refund in refunds if refund.funds == "sale" and refund.state not in UNDONE)
    if kept != totals.refunds_accepted:
        yield f"refunds that were not undone make {kept}, the books say {totals.refunds_accepted}"


def _disputes(transaction: Transaction, entries: Sequence[Entry], disputes: Sequence[Dispute]) -> Iterator[str]:
    taken = sum(dispute.in_books for dispute in disputes)
    booked = ledger.totals(entries, transaction.currency).disputed
    if taken != booked:
        yield f"disputes hold or lost {taken}, the books say {booked}"
    undecided = sum(dispute.open for dispute in disputes)
    if undecided != transaction.open_disputes:
        yield f"open_disputes is {transaction.open_disputes}, there are {undecided}"


def _signs(entries: Iterable[Entry]) -> Iterator[str]:
    sums: dict[tuple[Account, str], int] = defaultdict(int)
    for (account, _, currency), balance in ledger.balances(entries).items():
        sums[account, currency] += balance
    for (account, currency), balance in sums.items():
        if (account in _NEVER_CREDIT and balance < 0) or (account in _NEVER_DEBIT and balance > 0):
            yield f"{account} is on its wrong side: {balance} {currency}"
