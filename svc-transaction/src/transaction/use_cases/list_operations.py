"""A merchant reads what the provider of one transaction was asked to do."""

from typing import Final

from gateway_contracts.aggregates import Scope
from gateway_contracts.errors import GatewayError
from gateway_contracts.requests.books import STORY_ROWS_MAX, OperationList, OperationRecord, ProviderRequest
from transaction.domain.records import ProviderOperation
from transaction.ports import Deps
from transaction.provider_operations.keep_requests import requests_of
from transaction.queries.operations import UNDONE

REQUESTS_BYTES_MAX: Final = 256 * 1024
"""Of all requests and answers in one reply, which is 512 KiB at most: those of the latest operations."""


async def list_operations(transaction_id: str, *, scope: Scope, deps: Deps) -> OperationList:
    """Oldest first. The caller has checked that the transaction is one of the scope."""
    found = await deps.operations.of_transaction(scope, transaction_id, limit=STORY_ROWS_MAX)
    left, records = REQUESTS_BYTES_MAX, list[OperationRecord]()
    for operation in reversed(found):
        requests = _requests(operation, deps=deps)
        left -= sum(len(request.wire_json()) for request in requests or ())
        records.append(_operation_record(operation, requests if left >= 0 else None))
    return OperationList(operations=tuple(reversed(records)))


def _requests(operation: ProviderOperation, *, deps: Deps) -> tuple[ProviderRequest, ...] | None:
    """None where they cannot be decrypted: the operations are shown without them."""
    try:
        return requests_of(operation, deps=deps)
    except GatewayError:
        return None


def _operation_record(operation: ProviderOperation, requests: tuple[ProviderRequest, ...] | None) -> OperationRecord:
    return OperationRecord(
        id=operation.id,
        kind=operation.kind,
        state=operation.state,
        attempts=operation.attempts,
        object_id=operation.object_id,
        refund_id=operation.refund_id,
        case_id=operation.case_id,
        created_at=operation.created_at,
        next_attempt_at=operation.due_at if operation.state in UNDONE else None,
        closed_at=operation.closed_at,
        requests=requests or (),
        requests_left_out=requests is None,
    )
