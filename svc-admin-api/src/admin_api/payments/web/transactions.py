"""Transactions: the payments of checkouts."""

from typing import Annotated

from fastapi import Depends, Query

from admin_api.edge.dependencies import ActorIn, DepsIn, known_id, requires
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.payments.use_cases.read_transaction import read_transaction
from admin_api.payments.web.filters import TransactionListIn
from admin_api.payments.web.schemas.payments import (
    MetadataIn,
    MetadataPatch,
    ReceiptIn,
    TransactionChangedView,
    TransactionListView,
    TransactionView,
)
from admin_api.payments.web.schemas.reversals import ManualTransactionIn, MarkIn
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from admin_api.shared.web.schemas.urls import check_https
from gateway_contracts.actor import Actor
from gateway_contracts.requests.operation import (
    CREATE_MANUAL,
    DELETE_TRANSACTION,
    MARK_TRANSACTION,
    CreateManualTransaction,
    MarkTransaction,
)
from gateway_contracts.requests.transaction import (
    CANCEL_TRANSACTION,
    LIST_TRANSACTIONS,
    RECORD_RECEIPT,
    UPDATE_TRANSACTION,
    RecordReceipt,
    TransactionQuery,
    TransactionRef,
    UpdateTransaction,
)

router = new_router(tags=["transactions"])
TransactionId = Annotated[str, Depends(known_id("transaction"))]
Reader = Annotated[Actor, Depends(requires("transaction:read"))]


@forwarded(router, "GET", "/transactions", LIST_TRANSACTIONS, scope="transaction:read", answer=TransactionListView)
def list_transactions(query: Annotated[TransactionListIn, Query()]) -> TransactionQuery:
    """Transactions of this key's mode, newest first."""
    return query.to(TransactionQuery)


@router.get("/transactions/{transaction_id}", response_model=TransactionView)
async def read(transaction_id: TransactionId, actor: Reader, deps: DepsIn) -> TransactionView:
    """One transaction with its timeline, trace id, notifications and invoice."""
    story = await read_transaction(transaction_id, actor=actor, rpc=deps.rpc)
    return TransactionView(
        **dict(story.transaction), ipn=story.deliveries, invoice_id=story.invoice_id, unavailable=story.unavailable
    )


@forwarded(
    router,
    "PUT",
    "/transactions/{transaction_id}",
    UPDATE_TRANSACTION,
    scope="transaction:update",
    effect=Effect.OWN_MODE,
    action="transaction.update",
    answer=TransactionChangedView,
)
def replace_metadata(transaction_id: TransactionId, body: MetadataIn) -> UpdateTransaction:
    """Replace all metadata."""
    return UpdateTransaction(transaction_id=transaction_id, metadata=body.metadata, replaces=True)


@forwarded(
    router,
    "PATCH",
    "/transactions/{transaction_id}",
    UPDATE_TRANSACTION,
    scope="transaction:update",
    effect=Effect.OWN_MODE,
    action="transaction.update",
    answer=TransactionChangedView,
)
def update(transaction_id: TransactionId, body: MetadataPatch) -> UpdateTransaction:
    """Change metadata: given keys are set; an empty value or null deletes the key."""
    return UpdateTransaction(transaction_id=transaction_id, metadata=body.metadata)


@forwarded(
    router,
    "DELETE",
    "/transactions/{transaction_id}",
    DELETE_TRANSACTION,
    scope="transaction:delete",
    role="admin",
    effect=Effect.OWN_MODE,
    action="transaction.delete",
    status=204,
)
def delete(transaction_id: TransactionId) -> TransactionRef:
    """Hide an initiated, failed or canceled payment attempt without money. Other transactions cannot be deleted."""
    return TransactionRef(transaction_id=transaction_id)


@forwarded(
    router,
    "POST",
    "/transactions/manual",
    CREATE_MANUAL,
    scope="transaction:create",
    effect=Effect.OWN_MODE,
    action="transaction.create_manual",
    status=201,
)
async def create_manual(
    body: ManualTransactionIn, attempt: Attempt, actor: ActorIn, deps: DepsIn
) -> CreateManualTransaction:
    """Record a payment outside of the gateway. A notification is sent only with `dispatchIpn`."""
    check_https({"ipnUrl": body.ipn_url}, is_http_allowed=deps.is_development)
    site = await deps.tenancy.sites.existing(actor.organization_id, body.site_id)
    if site is None:
        raise not_found("site")
    return body.command(attempt.object_id, site.record.amount_format)


@forwarded(
    router,
    "POST",
    "/transactions/{transaction_id}/mark",
    MARK_TRANSACTION,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="transaction.mark_{request.outcome}",
)
def mark(transaction_id: TransactionId, body: MarkIn) -> MarkTransaction:
    """Record the result of a bank transfer: paid in full, failed or canceled."""
    return MarkTransaction(transaction_id=transaction_id, **dict(body))


@forwarded(
    router,
    "POST",
    "/transactions/{transaction_id}/receipts",
    RECORD_RECEIPT,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="transaction.record_receipt",
    status=201,
)
def record_receipt(transaction_id: TransactionId, body: ReceiptIn) -> RecordReceipt:
    """Record money that arrived on the bank account. Each bank reference is counted once."""
    return RecordReceipt(transaction_id=transaction_id, **dict(body))


@forwarded(
    router,
    "POST",
    "/transactions/{transaction_id}/cancel",
    CANCEL_TRANSACTION,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="transaction.cancel",
)
def cancel(transaction_id: TransactionId) -> TransactionRef:
    """Cancel a payment that is not captured yet."""
    return TransactionRef(transaction_id=transaction_id)
