"""A merchant reads one transaction."""

from gateway_contracts.aggregates import Scope
from gateway_contracts.requests.transaction import TransactionRecord
from transaction.errors import transaction_not_found
from transaction.ports import Deps
from transaction.views import transaction_record


async def get_transaction(transaction_id: str, *, scope: Scope, deps: Deps) -> TransactionRecord:
    """With its timeline.

    Raises:
        NotFound: there is none of that id in this organization and mode.
    """
    transaction = await deps.transactions.get(None, scope, transaction_id)
    if transaction is None or transaction.hidden_at is not None:
        raise transaction_not_found()
    return transaction_record(transaction, deps=deps)
