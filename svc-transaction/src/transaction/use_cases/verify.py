"""The invariants job: compares every transaction with its timeline, its records and its books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.dispute import Dispute
from transaction.domain.invariants import differences
from transaction.domain.ledger import Entry
from transaction.domain.refund import Refund
from transaction.domain.transaction import Transaction
from transaction.ports import BookKeeping
from transaction.use_cases.load import scope_of

log = get_logger(__name__)

BATCH = 200


@dataclass(frozen=True)
class Difference:
    """Something about one transaction that does not agree."""

    transaction_id: str
    what: str


async def verify_batch(
    after_id: str | None, *, deps: BookKeeping, limit: int = BATCH
) -> tuple[list[Difference], str | None]:
    """Check the next transactions of all tenants in the order of their ids; the id to go on after, None at the end."""

    async def work(tx: Tx) -> tuple[list[Difference], str | None]:
        batch = await deps.transactions.batch(tx, after_id, limit)
        records = await _records(tx, [transaction.id for transaction in batch], deps=deps)
        found = [
            Difference(transaction.id, what)
            for transaction in batch
            for what in await _check(tx, transaction, records, deps=deps)
        ]
        return found, batch[-1].id if len(batch) == limit else None

    # In one snapshot, because payments may go on meanwhile.
    found, following = await deps.uow.run(work)
    for difference in found:
        log.error("ledger.difference", transaction_id=difference.transaction_id, difference=difference.what)
    return found, following


async def verify_all(*, deps: BookKeeping) -> list[Difference]:
    """One whole pass."""
    found, after_id = await verify_batch(None, deps=deps)
    while after_id is not None:
        more, after_id = await verify_batch(after_id, deps=deps)
        found += more
    return found


@dataclass(frozen=True)
class _Records:
    """What is stored beside the transactions of a batch, by transaction."""

    entries: Mapping[str, Sequence[Entry]]
    refunds: Mapping[str, Sequence[Refund]]
    disputes: Mapping[str, Sequence[Dispute]]


async def _records(tx: Tx, ids: Sequence[str], *, deps: BookKeeping) -> _Records:
    return _Records(
        await deps.ledger.of_transactions(tx, ids),
        await deps.refunds.of_transactions(tx, ids),
        await deps.disputes.of_transactions(tx, ids),
    )


async def _check(tx: Tx, transaction: Transaction, records: _Records, *, deps: BookKeeping) -> list[str]:
    refunds, disputes = records.refunds.get(transaction.id, ()), records.disputes.get(transaction.id, ())
    reversals = [refund.id for refund in refunds] + [dispute.id for dispute in disputes]
    reported = [f"{transaction.id}:double_reversal:{reversal_id}" for reversal_id in reversals]
    return differences(
        transaction,
        records.entries.get(transaction.id, ()),
        refunds,
        disputes,
        is_known_reversal=any([await deps.cases.exists(tx, scope_of(transaction), key) for key in reported]),
    )
