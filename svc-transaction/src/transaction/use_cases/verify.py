"""The invariants job: compares every transaction with its timeline, its records and its books."""

from dataclasses import dataclass

from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.invariants import differences
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
    batch = await deps.transactions.batch(after_id, limit)
    found: list[Difference] = []
    for transaction in batch:
        found += await _check(transaction, deps=deps)
    for difference in found:
        log.error("ledger.difference", transaction_id=difference.transaction_id, difference=difference.what)
    return found, batch[-1].id if len(batch) == limit else None


async def verify_all(*, deps: BookKeeping) -> list[Difference]:
    """One whole pass."""
    found, after_id = await verify_batch(None, deps=deps)
    while after_id is not None:
        more, after_id = await verify_batch(after_id, deps=deps)
        found += more
    return found


async def _check(transaction: Transaction, *, deps: BookKeeping) -> list[Difference]:
    """In one snapshot, because a payment may go on meanwhile."""
    scope = scope_of(transaction)

    async def work(tx: Tx) -> list[str]:
        present = await deps.transactions.get(scope, transaction.id, tx)
        if present is None:
            return ["it is gone"]
        refunds = await deps.refunds.of_transaction(scope, present.id, tx)
        reported = [f"{present.id}:double_reversal:{refund.id}" for refund in refunds]
        disputes = await deps.disputes.of_transaction(scope, present.id, tx)
        reported += [f"{present.id}:double_reversal:{dispute.id}" for dispute in disputes]
        return differences(
            present,
            await deps.ledger.entries(tx, scope, present.id),
            refunds,
            disputes,
            is_known_reversal=any([await deps.cases.exists(tx, scope, key) for key in reported]),
        )

    return [Difference(transaction.id, what) for what in await deps.uow.run(work)]
