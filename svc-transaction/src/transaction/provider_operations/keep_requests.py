"""The outcome of an operation, stored with its latest requests to the provider and their answers.

Requests are recorded while the operation is executed (`gateway_providers.recording`), redacted, and stored encrypted
with the outcome, in the same database transaction and the same update. They never decide whether an outcome is stored.
"""

from datetime import datetime

from gateway_contracts.base import Contract
from gateway_contracts.encrypted import EncryptedValue
from gateway_contracts.errors import GatewayError
from gateway_contracts.requests.books import INTERRUPTED, ProviderRequest
from gateway_kit.logging import get_logger
from gateway_kit.mongo.unit_of_work import Tx
from gateway_providers.recording import REQUESTS_MAX, recorded
from transaction.domain.records import OperationState, ProviderOperation
from transaction.ports import Deps

log = get_logger(__name__)

_COLLECTION, _FIELD = "provider_calls", "requests"


class _Kept(Contract):
    """The stored form."""

    requests: tuple[ProviderRequest, ...] = ()


async def close_operation(tx: Tx, operation: ProviderOperation, state: OperationState, *, deps: Deps) -> None:
    """Store its outcome and what was recorded; one that has an outcome keeps it."""
    await deps.operations.close(tx, operation, state, requests=_sealed(operation, (), deps=deps))


async def postpone_operation(
    tx: Tx,
    operation: ProviderOperation,
    due_at: datetime,
    *,
    deps: Deps,
    state: OperationState | None = None,
    is_attempt: bool = True,
    missed: int = 0,
    why: GatewayError | None = None,
) -> None:
    """Store when it is executed again, and what was recorded.

    Args:
        why: the error that ended the attempt; its code is kept where the attempt sent nothing.
    """
    unsent = (ProviderRequest(at=tx.now, error=f"No request of this operation was sent: {why.code}."),) if why else ()
    requests = _sealed(operation, unsent, deps=deps)
    await deps.operations.postpone(
        tx, operation, due_at, state=state, is_attempt=is_attempt, missed=missed, requests=requests
    )


def requests_of(operation: ProviderOperation, *, deps: Deps) -> tuple[ProviderRequest, ...]:
    """The requests that are stored with an operation.

    Raises:
        KeyUnavailable, DecryptionFailed: they cannot be read now, or not any more.
    """
    text = deps.cipher.open(operation.organization_id, _COLLECTION, operation.id, _FIELD, operation.requests)
    return _Kept.model_validate_json(text).requests if text else ()


def _sealed(operation: ProviderOperation, unsent: tuple[ProviderRequest, ...], *, deps: Deps) -> EncryptedValue | None:
    """The stored form from now on; None where nothing is added."""
    new = recorded(operation.id) or unsent
    if not new:
        return None
    try:
        known = requests_of(operation, deps=deps) or _interrupted(operation, deps=deps)
        kept = _Kept(requests=(*known, *new)[-REQUESTS_MAX:]).wire_json().decode()
        return deps.cipher.seal(operation.organization_id, _COLLECTION, operation.id, _FIELD, kept)
    except GatewayError as exc:
        log.warning("provider_requests.not_kept", call_id=operation.id, code=exc.code)
        return None


def _interrupted(operation: ProviderOperation, *, deps: Deps) -> tuple[ProviderRequest, ...]:
    """The first attempt follows the commit at once. One after the janitor is due, and finds nothing stored, is a
    repetition. Fees alone are first asked for by their pass."""
    is_first = operation.kind == "fee" or deps.clock.now() < operation.created_at + deps.timing.first
    return () if is_first else (ProviderRequest(at=operation.created_at, error=INTERRUPTED),)
