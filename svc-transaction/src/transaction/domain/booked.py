"""Ledger entries as events and reports name them: their effect on sales, refunds, disputes and fees."""

from collections.abc import Iterable

from gateway_contracts.events.ledger import BookedAmounts, BookedEntry
from transaction.domain.ledger import Account, Entry, balances, totals


def booked_entries(entries: Iterable[Entry]) -> tuple[BookedEntry, ...]:
    """The entries with their effects. The effects of all entries of a transaction add up to its totals."""
    return tuple(BookedEntry(kind=entry.kind, reference=entry.reference, amounts=_amounts(entry)) for entry in entries)


def _amounts(entry: Entry) -> tuple[BookedAmounts, ...]:
    currencies = dict.fromkeys(posting.amount.currency for posting in entry.postings)
    found = (_amounts_in(entry, currency) for currency in currencies)
    return tuple(each for each in found if any((each.captured, each.refunded, each.disputed, each.fees)))


def _amounts_in(entry: Entry, currency: str) -> BookedAmounts:
    total, by_account = totals([entry], currency), balances([entry])
    fees = sum(
        by_account.get((account, None, currency), 0) for account in (Account.PROVIDER_FEES, Account.DISPUTE_FEES)
    )
    return BookedAmounts(
        currency=currency, captured=total.captured, refunded=total.refunded, disputed=total.disputed, fees=fees
    )
