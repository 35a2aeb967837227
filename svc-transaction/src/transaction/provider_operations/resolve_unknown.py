"""The janitor: calls without an outcome and attempts without reports are asked about, never repeated blindly."""

from datetime import datetime

from gateway_contracts.errors import GatewayError
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_kit.passes import Pass
from gateway_providers.recording import recording
from transaction.domain.records import ProviderOperation
from transaction.domain.states import Status, Trigger
from transaction.domain.transaction import Transaction
from transaction.ports import Deps
from transaction.provider_operations.ask_provider import ask_provider
from transaction.provider_operations.cancel_attempts import store_cancel
from transaction.provider_operations.execute import execute_operation, execute_operations
from transaction.provider_operations.postpone import after_busy, is_busy, postpone
from transaction.provider_operations.schedule import next_attempt

log = get_logger(__name__)


def resolve_operations(deps: Deps) -> Pass[ProviderOperation]:
    """Makes calls without a stored outcome, with the key of the first attempt."""

    async def work(operation: ProviderOperation) -> None:
        with recording(operation.id):
            try:
                await execute_operation(operation, source="janitor", deps=deps)
            except GatewayError as exc:
                await postpone(operation, exc, attempts=operation.attempts + 1, deps=deps)

    return Pass("resolve-calls", rows=deps.operations.unanswered, work=work, clock=deps.clock, letters=deps.letters)


def resolve_transactions(deps: Deps) -> Pass[Transaction]:
    """Asks the provider about open attempts without reports."""
    return Pass(
        "resolve-transactions",
        rows=deps.transactions.unresolved,
        work=lambda transaction: _resolve(transaction, deps=deps),
        clock=deps.clock,
        letters=deps.letters,
    )


async def _resolve(transaction: Transaction, *, deps: Deps) -> datetime | None:
    try:
        outcome = await ask_provider(transaction, source="janitor", deps=deps)
    except GatewayError as exc:
        log.warning("janitor.no_answer", transaction_id=transaction.id, code=exc.code)
        if is_busy(exc):
            return after_busy(deps=deps)
    else:
        await execute_operations(outcome.operations if outcome else (), deps=deps, source="janitor")
        await _end_leftover(transaction, deps=deps)
    await _schedule(transaction, deps=deps)
    return None


async def _end_leftover(transaction: Transaction, *, deps: Deps) -> None:
    """An attempt whose session ended while its outcome was unknown: no caller waits for it any more."""
    scope = transaction.scope
    present = await deps.transactions.get(None, scope, transaction.id)
    checkout = await deps.checkouts.get(None, scope, transaction.checkout_id)
    if present is None or checkout is None or checkout.status == "pending":
        return
    if present.status in (Status.INITIATED, Status.PENDING) and not present.committed:
        operation = await store_cancel(present, Trigger.SESSION_EXPIRED, deps=deps)
        await execute_operations([operation], deps=deps, source="janitor")


async def _schedule(transaction: Transaction, *, deps: Deps) -> None:
    async def work(tx: Tx) -> None:
        present = await deps.transactions.get(tx, transaction.scope, transaction.id)
        if present is None or not present.is_open:
            return
        due_at = next_attempt(present.resolve_attempts + 1, deps=deps)
        if due_at is None:
            log.error("janitor.given_up", transaction_id=present.id, status=present.status.value)
        after = present.changed(resolve_at=due_at, resolve_attempts=present.resolve_attempts + 1)
        deps.transactions.replace(tx, present, after)

    await deps.uow.run(work)
