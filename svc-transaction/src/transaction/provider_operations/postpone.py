"""A stored call without an outcome waits for its next attempt, or is given up."""

from datetime import datetime, timedelta
from typing import Final, assert_never

from gateway_contracts.errors import GatewayError
from gateway_kit.logging import get_logger
from gateway_providers.errors import ProviderBusy
from transaction.domain.records import ProviderOperation
from transaction.ports import Deps
from transaction.provider_operations.keep_requests import close_operation, postpone_operation
from transaction.provider_operations.miss_refund import NO_ANSWER, give_up
from transaction.provider_operations.schedule import jittered, next_attempt

log = get_logger(__name__)

# A call that found no place was no attempt; after this time it counts as one all the same.
_BUSY_FOR_MAX: Final = timedelta(days=45)


async def postpone(operation: ProviderOperation, exc: GatewayError, *, attempts: int, deps: Deps) -> None:
    """Store when the call is made again, after so many attempts of the janitor.

    One that was not sent, because the account's circuit is open or its places are taken, has used up no attempt.
    """
    is_attempt = not is_busy(exc) or deps.clock.now() - operation.created_at > _BUSY_FOR_MAX
    due_at = next_attempt(attempts, deps=deps) if is_attempt else after_busy(deps=deps)
    if due_at is None:
        log.error("janitor.call_abandoned", call_id=operation.id, kind=operation.kind, code=exc.code)
        match operation.kind:
            case "refund":
                await give_up(operation, NO_ANSWER, deps=deps)
            case "create" | "cancel" | "ask" | "capture" | "refund_case" | "fee":
                await deps.uow.run(lambda tx: close_operation(tx, operation, "abandoned", deps=deps))
            case _:
                assert_never(operation.kind)
    else:
        facts = {"call_id": operation.id, "kind": operation.kind, "code": exc.code}
        log.warning("provider.call_postponed", **facts, is_attempt=is_attempt)
        await deps.uow.run(
            lambda tx: postpone_operation(tx, operation, due_at, is_attempt=is_attempt, why=exc, deps=deps)
        )


def is_busy(exc: GatewayError) -> bool:
    """Whether nothing was sent for want of a place."""
    return isinstance(exc, ProviderBusy)


def after_busy(*, deps: Deps) -> datetime:
    """When a place is looked for again."""
    return deps.clock.now() + jittered(deps.timing.first)
