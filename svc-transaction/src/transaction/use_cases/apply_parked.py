"""Facts that arrived before their transaction."""

from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.records import ParkedFact
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.use_cases.advance import Advanced
from transaction.use_cases.apply_fact import apply_fact, must_wait
from transaction.use_cases.load import load_pair, scope_of
from transaction.use_cases.make_calls import make_calls


async def apply_parked(transaction: Transaction, *, deps: Deps) -> Transaction | None:
    """Apply the parked facts of this transaction, the oldest first; None when there are none."""
    latest: Transaction | None = None
    waiting = await deps.parked.of_transaction(scope_of(transaction), transaction.provider_id, transaction.id)
    for parked in waiting:
        outcome = await apply_one(parked, deps=deps)
        if outcome is not None:
            latest = outcome.transaction
            await make_calls(outcome.calls, deps=deps)
    return latest


async def apply_one(parked: ParkedFact, *, deps: Deps) -> Advanced | None:
    """Apply one parked fact to its transaction; None when another process did, or while it has to wait on."""

    async def work(tx: Tx) -> Advanced | None:
        transaction, _ = await load_pair(tx, parked.scope, parked.fact.transaction_id or "", deps=deps)
        if must_wait(parked.fact, transaction) or not await deps.parked.close(tx, parked, "applied"):
            return None
        return await apply_fact(tx, parked.fact, transaction, event_id=parked.event_id, deps=deps)

    return await deps.uow.run(work)
