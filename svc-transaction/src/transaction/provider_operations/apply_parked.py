"""Facts that arrived before their transaction."""

from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.provider_operations.execute import execute_operations
from transaction.transitions.apply_report import apply_parked_report


async def apply_parked(transaction: Transaction, *, deps: Deps) -> Transaction | None:
    """Apply the parked facts of this transaction, the oldest first; None when there are none."""
    latest: Transaction | None = None
    waiting = await deps.parked.of_transaction(transaction.scope, transaction.provider_id, transaction.id)
    for parked in waiting:
        outcome = await apply_parked_report(parked, deps=deps)
        if outcome is not None:
            latest = outcome.transaction
            await execute_operations(outcome.operations, deps=deps)
    return latest
