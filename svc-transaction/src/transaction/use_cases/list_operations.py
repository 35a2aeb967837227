"""A merchant reads what the provider of one transaction was asked to do."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.books import STORY_ROWS_MAX, OperationList, OperationRecord
from transaction.domain.records import ProviderOperation
from transaction.ports import Deps
from transaction.queries.operations import UNDONE


async def list_operations(transaction_id: str, *, scope: Scope, deps: Deps) -> OperationList:
    """Oldest first. The caller has checked that the transaction is one of the scope."""
    found = await deps.operations.of_transaction(scope, transaction_id, limit=STORY_ROWS_MAX)
    return OperationList(operations=tuple(map(_operation_record, found)))


def _operation_record(operation: ProviderOperation) -> OperationRecord:
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
    )
