"""The invariants job: compares every transaction with its timeline, its records and its books."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway_kit.logging import get_logger
from gateway_kit.mongo.errors import DatabaseError
from gateway_kit.mongo.rows import Sort
from gateway_kit.mongo.store import Store
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.set_aside import origin_of
from transaction.domain.dispute import Dispute
from transaction.domain.invariants import differences
from transaction.domain.ledger import Entry
from transaction.domain.refund import Refund
from transaction.domain.stored_entry import StoredEntry
from transaction.domain.transaction import Transaction
from transaction.ports import BookKeeping
from transaction.queries.payments import Place

Record = TypeVar("Record", StoredEntry, Refund, Dispute)

log = get_logger(__name__)

BATCH = 200


@dataclass(frozen=True)
class Difference:
    """Something about one transaction that does not agree, or that keeps it from being checked."""

    transaction_id: str
    what: str


class BookCheck:
    """The check of all books in turns: a few transactions of one tenant, then of the next, round and round.

    Args:
        batch: transactions of one turn; few, because a large one would stand in the way of payments.
    """

    def __init__(self, deps: BookKeeping, *, batch: int) -> None:
        self._deps = deps
        self._batch = batch
        self._tenant = ""
        # Where each tenant's check goes on; those that came to their end begin anew.
        self._places: dict[str, Place] = {}

    async def turn(self) -> list[Difference]:
        """Check the next transactions of the next tenant."""
        tenants = self._deps.transactions
        tenant = await tenants.next_tenant(self._tenant) or await tenants.next_tenant("")
        if tenant is None:
            return []
        self._tenant = tenant
        ids, place = await tenants.ids_of_tenant(tenant, self._places.pop(tenant, None), self._batch)
        if place is not None:
            self._places[tenant] = place
        return await check_transactions(ids, deps=self._deps)


async def verify_all(*, deps: BookKeeping) -> list[Difference]:
    """One whole pass over all tenants."""
    found, after_id = list[Difference](), None
    while ids := await deps.transactions.ids_after(after_id, BATCH):
        found += await check_transactions(ids, deps=deps)
        after_id = ids[-1]
    return found


async def check_transactions(ids: Sequence[str], *, deps: BookKeeping) -> list[Difference]:
    """Check these; one that cannot be checked is a difference too, and the others are checked all the same."""
    try:
        found = await _check_batch(ids, deps=deps)
    except DatabaseError:
        raise
    except Exception as exc:
        if len(ids) > 1:
            return [each for one in ids for each in await check_transactions([one], deps=deps)]
        log.exception("ledger.unreadable", transaction_id=ids[0], error=type(exc).__name__)
        return [Difference(ids[0], f"it cannot be checked: {type(exc).__name__} at {origin_of(exc)}")]
    for difference in found:
        log.error("ledger.difference", transaction_id=difference.transaction_id, difference=difference.what)
    return found


async def _check_batch(ids: Sequence[str], *, deps: BookKeeping) -> list[Difference]:
    async def work(tx: Tx) -> list[Difference]:
        batch = await deps.transactions.across_tenants.find(tx, {"_id": {"$in": list(ids)}}, sort=[("_id", 1)])
        records = await _records(tx, ids, deps=deps)
        return [
            Difference(transaction.id, what)
            for transaction in batch
            for what in await _check(tx, transaction, records, deps=deps)
        ]

    # In one snapshot, because payments may go on meanwhile.
    return await deps.uow.run(work)


@dataclass(frozen=True)
class _Records:
    """Records beside the transactions of a batch, by transaction."""

    entries: Mapping[str, Sequence[Entry]]
    refunds: Mapping[str, Sequence[Refund]]
    disputes: Mapping[str, Sequence[Dispute]]


async def _records(tx: Tx, ids: Sequence[str], *, deps: BookKeeping) -> _Records:
    entries = await _of_transactions(tx, deps.ledger, ids, sort=[("posted_at", 1), ("_id", 1)])
    return _Records(
        {transaction_id: [stored.entry for stored in each] for transaction_id, each in entries.items()},
        await _of_transactions(tx, deps.refunds, ids),
        await _of_transactions(tx, deps.disputes, ids),
    )


async def _of_transactions(
    tx: Tx, store: Store[Record], ids: Sequence[str], *, sort: Sort = (("_id", 1),)
) -> dict[str, list[Record]]:
    """The records of these transactions, by transaction."""
    found: dict[str, list[Record]] = {}
    for record in await store.across_tenants.find(tx, {"transaction_id": {"$in": list(ids)}}, sort=sort):
        found.setdefault(record.transaction_id, []).append(record)
    return found


async def _check(tx: Tx, transaction: Transaction, records: _Records, *, deps: BookKeeping) -> list[str]:
    refunds, disputes = records.refunds.get(transaction.id, ()), records.disputes.get(transaction.id, ())
    reversals = [refund.id for refund in refunds] + [dispute.id for dispute in disputes]
    reported = [f"{transaction.id}:double_reversal:{reversal_id}" for reversal_id in reversals]
    return differences(
        transaction,
        records.entries.get(transaction.id, ()),
        refunds,
        disputes,
        is_known_reversal=any([await deps.cases.exists(tx, transaction.scope, key) for key in reported]),
    )
