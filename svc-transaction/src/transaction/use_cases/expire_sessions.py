"""Passes over sessions and methods whose time is over."""

from datetime import datetime, timedelta

from gateway_contracts.errors import GatewayError
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import Pass
from transaction.domain.checkout import Checkout
from transaction.domain.states import OPEN, Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.domain.transition import Transition
from transaction.ports import Deps
from transaction.provider_operations.cancel_attempts import CancelTrigger, store_cancel
from transaction.provider_operations.execute import execute_operation
from transaction.transitions.apply_transition import TransitionResult, apply_transition
from transaction.transitions.events import emit_checkout_event
from transaction.transitions.load import load_pair

log = get_logger(__name__)

# A session with a committed payment under way is looked at again after this time, or when that payment ends. So is an
# attempt that its provider did not let go: the call is stored, and the janitor makes it.
_RECHECK = timedelta(hours=1)


def expire_sessions(deps: Deps) -> Pass[Checkout]:
    """Expires due sessions. Guarded: safe to run many times."""
    return Pass(
        "expire-sessions",
        rows=deps.checkouts.expiring,
        work=lambda checkout: expire_session(checkout, deps=deps),
        clock=deps.clock,
        letters=deps.letters,
    )


def expire_deadlines(deps: Deps) -> Pass[Transaction]:
    """Gives up committed attempts whose method's own deadline has passed."""

    async def work(attempt: Transaction) -> datetime | None:
        await _end_attempt(attempt, Trigger.DEADLINE_PASSED, deps=deps)
        present = await deps.transactions.get(None, attempt.scope, attempt.id)
        return deps.clock.now() + _RECHECK if present is not None and present.is_open else None

    return Pass("expire-deadlines", rows=deps.transactions.overdue, work=work, clock=deps.clock, letters=deps.letters)


async def expire_session(checkout: Checkout, *, deps: Deps) -> datetime | None:
    """End what is open of it, then the session; when to look again, if its time is not over after all."""
    for attempt in await deps.transactions.of_checkout(None, checkout.scope, checkout.id):
        if attempt.is_open:
            await _end_attempt(attempt, Trigger.SESSION_EXPIRED, deps=deps)

    async def work(tx: Tx) -> datetime | None:
        present = await deps.checkouts.get(tx, checkout.scope, checkout.id)
        if present is None or present.status != "pending":
            return None
        if tx.now < present.expires_at:
            return present.expires_at
        attempts = await deps.transactions.of_checkout(tx, checkout.scope, checkout.id)
        if any(attempt.status in OPEN for attempt in attempts):
            later = tx.now + _RECHECK
            deps.checkouts.replace(tx, present, present.changed(due_at=later))
            return None
        expired = present.changed(status="expired", updated_at=tx.now)
        emit_checkout_event(tx, deps.checkouts.replace(tx, present, expired))
        return None

    return await deps.uow.run(work)


async def _end_attempt(attempt: Transaction, trigger: CancelTrigger, *, deps: Deps) -> None:
    """Uncommitted attempts are canceled at the provider first; what cannot be reached now is tried again."""
    bound = trigger is Trigger.SESSION_EXPIRED and attempt.committed
    if bound or attempt.status is Status.UNKNOWN:
        await _record(attempt, trigger, deps=deps)
        return
    operation = await store_cancel(attempt, trigger, deps=deps)
    try:
        await execute_operation(operation, source="janitor", deps=deps)
    except GatewayError as exc:
        log.warning("provider.not_released", transaction_id=attempt.id, code=exc.code)


async def _record(attempt: Transaction, trigger: Trigger, *, deps: Deps) -> None:
    if any(entry.type == trigger.value for entry in attempt.timeline):
        return

    async def work(tx: Tx) -> TransitionResult:
        transaction, checkout = await load_pair(tx, attempt.scope, attempt.id, deps=deps)
        return await apply_transition(tx, Transition(trigger, "janitor"), transaction, checkout, deps=deps)

    await deps.uow.run(work)
