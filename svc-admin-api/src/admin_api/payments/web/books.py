"""The books of a transaction, the requests to its provider, and the provider's webhooks about it."""

from typing import Annotated

from fastapi import Depends

from admin_api.edge.dependencies import known_id
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from gateway_contracts.requests.books import GET_LEDGER, LIST_OPERATIONS
from gateway_contracts.requests.transaction import TransactionRef
from gateway_contracts.requests.webhooks import LIST_WEBHOOKS

router = new_router(tags=["transactions"])
TransactionId = Annotated[str, Depends(known_id("transaction"))]


@forwarded(router, "GET", "/transactions/{transaction_id}/ledger", GET_LEDGER, scope="transaction:read")
def read_ledger(transaction_id: TransactionId) -> TransactionRef:
    """The entries of the transaction in the books, with debits and credits, and what remains after fees."""
    return TransactionRef(transaction_id=transaction_id)


@forwarded(router, "GET", "/transactions/{transaction_id}/operations", LIST_OPERATIONS, scope="transaction:read")
def list_operations(transaction_id: TransactionId) -> TransactionRef:
    """Requests to the provider about this transaction, with their results and what was sent and answered, redacted."""
    return TransactionRef(transaction_id=transaction_id)


@forwarded(router, "GET", "/transactions/{transaction_id}/webhooks", LIST_WEBHOOKS, scope="transaction:read")
def list_webhooks(transaction_id: TransactionId) -> TransactionRef:
    """Webhooks of the provider that named this transaction: applied, ignored, waiting, set aside or repeated."""
    return TransactionRef(transaction_id=transaction_id)
