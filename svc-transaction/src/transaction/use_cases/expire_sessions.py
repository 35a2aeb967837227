"""Sessions and methods whose time is over."""

from dataclasses import replace
from datetime import timedelta

from gateway_contracts.errors import GatewayError
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from transaction.domain.checkout import Checkout
from transaction.domain.moves import Move
from transaction.domain.states import OPEN, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.use_cases.advance import Advanced, advance
from transaction.use_cases.announce import announce_checkout
from transaction.use_cases.load import load_pair, scope_of
from transaction.use_cases.make_calls import make_call
from transaction.use_cases.release_attempts import store_cancel

log = get_logger(__name__)

# A session with a committed payment under way is looked at again after this time, or when that payment ends.
_RECHECK = timedelta(hours=1)


async def expire_sessions(*, deps: Deps, limit: int = 100) -> int:
    """Expire due sessions, one after the other; returns how many were looked at. Guarded: safe to run many times."""
    for count in range(limit):
        checkout = await deps.checkouts.claim_due(deps.clock.now(), deps.timing.lease)
        if checkout is None:
            return count
        await _expire(checkout, deps=deps)
    return limit


async def expire_deadlines(*, deps: Deps, limit: int = 100) -> int:
    """Give up committed attempts whose method's own deadline has passed; returns how many were looked at."""
    for count in range(limit):
        transaction = await deps.transactions.claim_overdue(deps.clock.now(), deps.timing.lease)
        if transaction is None:
            return count
        await _end_attempt(transaction, Trigger.DEADLINE_PASSED, deps=deps)
    return limit


async def _expire(checkout: Checkout, *, deps: Deps) -> None:
    for attempt in await deps.transactions.of_checkout(scope_of(checkout), checkout.id):
        if attempt.is_open:
            await _end_attempt(attempt, Trigger.SESSION_EXPIRED, deps=deps)

    async def work(tx: Tx) -> Checkout | None:

        present = await deps.checkouts.get(scope_of(checkout), checkout.id, tx)
        if present is None or present.status != "pending" or tx.now < present.expires_at:
            return None
        attempts = await deps.transactions.of_checkout(scope_of(checkout), checkout.id, tx)
        if any(attempt.status in OPEN for attempt in attempts):
            later = tx.now + _RECHECK
            return await deps.checkouts.update(tx, present, replace(present, due_at=later))
        expired = replace(present, status="expired", updated_at=tx.now)
        stored = await deps.checkouts.update(tx, present, expired)
        announce_checkout(tx, stored)
        return stored

    await deps.uow.run(work)


async def _end_attempt(attempt: Transaction, trigger: Trigger, *, deps: Deps) -> None:
    """Uncommitted attempts are canceled at the provider first; what cannot be reached now is tried again."""
    bound = trigger is Trigger.SESSION_EXPIRED and attempt.committed
    if bound or attempt.status is Status.UNKNOWN:
        await _record(attempt, trigger, deps=deps)
        return
    call = await store_cancel(attempt, trigger, deps=deps)
    try:
        await make_call(call, source="janitor", deps=deps)
    except GatewayError as exc:
        log.warning("provider.not_released", transaction_id=attempt.id, code=exc.code)


async def _record(attempt: Transaction, trigger: Trigger, *, deps: Deps) -> None:
    if any(entry.type == trigger.value for entry in attempt.timeline):
        return

    async def work(tx: Tx) -> Advanced:
        transaction, checkout = await load_pair(tx, scope_of(attempt), attempt.id, deps=deps)
        return await advance(tx, Move(trigger, "janitor"), transaction, checkout, deps=deps)

    await deps.uow.run(work)
