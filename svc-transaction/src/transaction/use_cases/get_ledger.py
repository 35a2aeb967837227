"""A merchant reads the books of one transaction."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.books import STORY_ROWS_MAX, EntryRecord, LedgerRecord, LedgerTotals, PostingRecord
from transaction.domain.earnings import earnings
from transaction.domain.ledger import Posting
from transaction.domain.stored_entry import StoredEntry
from transaction.ports import Deps


async def get_ledger(transaction_id: str, *, scope: Scope, deps: Deps) -> LedgerRecord:
    """All entries with their sums. The caller has checked that the transaction is one of the scope.

    Raises:
        ValueError: a stored entry does not balance.
    """
    stored = await deps.ledger.of_transaction(None, scope, transaction_id)
    totals = earnings(each.entry for each in stored)
    return LedgerRecord(
        transaction_id=transaction_id,
        entries=tuple(map(_entry_record, stored[-STORY_ROWS_MAX:])),
        totals=tuple(LedgerTotals(**vars(total)) for total in totals),
    )


def _entry_record(stored: StoredEntry) -> EntryRecord:
    return EntryRecord(
        kind=stored.kind,
        reference=stored.reference,
        posted_at=stored.posted_at,
        postings=tuple(map(_posting_record, stored.postings)),
    )


def _posting_record(posting: Posting) -> PostingRecord:
    amount = posting.amount.amount_minor
    return PostingRecord(
        account=posting.account.value,
        provider_id=posting.provider_id,
        debit=max(amount, 0),
        credit=max(-amount, 0),
        currency=posting.amount.currency,
    )
