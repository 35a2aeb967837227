"""Transactions: what became of checkouts."""

from typing import Annotated

from fastapi import Depends
from fastapi.responses import Response

from admin_api.edge.dependencies import DepsIn, known_id, requires
from admin_api.edge.mutation import Mutation, MutationIn
from admin_api.edge.routing import new_router
from admin_api.payments.use_cases.read_transaction import read_transaction
from admin_api.payments.web.filters import TransactionQueryIn
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
from admin_api.shared.use_cases.note_action import note_action
from admin_api.shared.web.answers import RecordAnswer
from admin_api.shared.web.schemas.urls import check_https
from gateway_contracts.actor import Actor
from gateway_contracts.bodies import BodyWarning
from gateway_contracts.ids import new_operation_id
from gateway_contracts.requests.operation import (
    CREATE_MANUAL,
    DELETE_TRANSACTION,
    MARK_TRANSACTION,
    MarkTransaction,
)
from gateway_contracts.requests.transaction import (
    CANCEL_TRANSACTION,
    LIST_TRANSACTIONS,
    RECORD_RECEIPT,
    UPDATE_TRANSACTION,
    RecordReceipt,
    TransactionRecord,
    TransactionRef,
    UpdateTransaction,
)
from gateway_kit.http.routing import WarningsIn

router = new_router(tags=["transactions"])
TransactionId = Annotated[str, Depends(known_id("transaction"))]
Reader = Annotated[Actor, Depends(requires("transaction:read"))]
Updater = Annotated[Actor, Depends(requires("transaction:update", effect=Effect.OWN_MODE))]
Creator = Annotated[Actor, Depends(requires("transaction:create", effect=Effect.OWN_MODE))]
Deleter = Annotated[Actor, Depends(requires("transaction:delete", role="admin", effect=Effect.OWN_MODE))]
Executor = Annotated[Actor, Depends(requires("transaction:execute", effect=Effect.OWN_MODE))]


@router.get("/transactions", response_model=TransactionListView)
async def list_transactions(actor: Reader, deps: DepsIn, query: TransactionQueryIn) -> TransactionListView:
    """Transactions of this key's mode, newest first."""
    page = await deps.rpc.call(LIST_TRANSACTIONS, query, actor=actor)
    return TransactionListView(
        transactions=list(page.transactions),
        total=page.total,
        total_capped=page.total_capped,
        page=page.page,
        limit=page.limit,
        next_cursor=page.next_cursor,
    )


@router.get("/transactions/{transaction_id}", response_model=TransactionView)
async def read(transaction_id: TransactionId, actor: Reader, deps: DepsIn) -> TransactionView:
    """One transaction with its timeline, trace id, notifications and invoice."""
    story = await read_transaction(transaction_id, actor=actor, rpc=deps.rpc)
    return TransactionView(
        **dict(story.transaction), ipn=story.deliveries, invoice_id=story.invoice_id, unavailable=story.unavailable
    )


@router.put("/transactions/{transaction_id}", response_model=TransactionChangedView)
async def replace_metadata(
    transaction_id: TransactionId, body: MetadataIn, actor: Updater, mutation: MutationIn, warnings: WarningsIn
) -> Response:
    """Replace all metadata."""
    wish = UpdateTransaction(transaction_id=transaction_id, metadata=body.metadata, replaces=True)
    return await _update(wish, actor, mutation, warnings)


@router.patch("/transactions/{transaction_id}", response_model=TransactionChangedView)
async def update(
    transaction_id: TransactionId, body: MetadataPatch, actor: Updater, mutation: MutationIn, warnings: WarningsIn
) -> Response:
    """Change metadata: given keys are set, an empty value or null deletes its key."""
    wish = UpdateTransaction(transaction_id=transaction_id, metadata=body.metadata)
    return await _update(wish, actor, mutation, warnings)


async def _update(
    wish: UpdateTransaction, actor: Actor, mutation: Mutation, warnings: tuple[BodyWarning, ...]
) -> Response:
    async def execute(attempt: Attempt) -> RecordAnswer:
        deps = mutation.deps
        record = await deps.rpc.call(UPDATE_TRANSACTION, wish, actor=actor, operation_id=attempt.operation_id)
        await note_action(actor, "transaction.update", wish.transaction_id, attempt=attempt, tenancy=deps.tenancy)
        return RecordAnswer(record=TransactionChangedView(**dict(record), warnings=warnings))

    return await mutation.run(actor, execute, status=200)


@router.delete("/transactions/{transaction_id}", status_code=204)
async def delete(transaction_id: TransactionId, actor: Deleter, deps: DepsIn) -> Response:
    """Hide an attempt that was initiated, failed or canceled without money; all others stay."""
    attempt = Attempt(new_operation_id(), transaction_id)
    wish = TransactionRef(transaction_id=transaction_id)
    await deps.rpc.call(DELETE_TRANSACTION, wish, actor=actor, operation_id=attempt.operation_id)
    await note_action(actor, "transaction.delete", transaction_id, attempt=attempt, tenancy=deps.tenancy)
    return Response(status_code=204)


@router.post("/transactions/manual", status_code=201, response_model=TransactionRecord)
async def create_manual(body: ManualTransactionIn, actor: Creator, mutation: MutationIn) -> Response:
    """Enter a payment that was made elsewhere; your server is notified only with `dispatchIpn`."""
    check_https({"ipnUrl": body.ipn_url}, is_http_allowed=mutation.deps.is_development)

    async def execute(attempt: Attempt) -> RecordAnswer:
        deps = mutation.deps
        site = await deps.tenancy.sites.find(actor.organization_id, body.site_id)
        if site is None:
            raise not_found("site")
        wish = body.command(attempt.object_id, site.record.amount_format)
        record = await deps.rpc.call(CREATE_MANUAL, wish, actor=actor, operation_id=attempt.operation_id)
        await note_action(actor, "transaction.create_manual", record.id, attempt=attempt, tenancy=deps.tenancy)
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute)


@router.post("/transactions/{transaction_id}/mark", response_model=TransactionRecord)
async def mark(transaction_id: TransactionId, body: MarkIn, actor: Executor, mutation: MutationIn) -> Response:
    """Say what became of a bank transfer: paid (all of it), failed or canceled."""

    async def execute(attempt: Attempt) -> RecordAnswer:
        deps = mutation.deps
        wish = MarkTransaction(transaction_id=transaction_id, outcome=body.outcome, dispatch_ipn=body.dispatch_ipn)
        record = await deps.rpc.call(MARK_TRANSACTION, wish, actor=actor, operation_id=attempt.operation_id)
        await note_action(
            actor, f"transaction.mark_{body.outcome}", transaction_id, attempt=attempt, tenancy=deps.tenancy
        )
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute, status=200)


@router.post("/transactions/{transaction_id}/receipts", status_code=201, response_model=TransactionRecord)
async def record_receipt(
    transaction_id: TransactionId, body: ReceiptIn, actor: Executor, mutation: MutationIn
) -> Response:
    """Money arrived on the bank account. The same bank reference is counted once."""

    async def execute(attempt: Attempt) -> RecordAnswer:
        receipt = RecordReceipt(
            transaction_id=transaction_id,
            amount=body.amount,
            currency=body.currency,
            received_at=body.received_at,
            bank_reference=body.bank_reference,
            final=body.final,
            dispatch_ipn=body.dispatch_ipn,
        )
        record = await mutation.deps.rpc.call(RECORD_RECEIPT, receipt, actor=actor, operation_id=attempt.operation_id)
        await note_action(
            actor, "transaction.record_receipt", transaction_id, attempt=attempt, tenancy=mutation.deps.tenancy
        )
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute)


@router.post("/transactions/{transaction_id}/cancel", response_model=TransactionRecord)
async def cancel(transaction_id: TransactionId, actor: Executor, mutation: MutationIn) -> Response:
    """Give up a payment that is not captured yet."""

    async def execute(attempt: Attempt) -> RecordAnswer:
        record = await mutation.deps.rpc.call(
            CANCEL_TRANSACTION,
            TransactionRef(transaction_id=transaction_id),
            actor=actor,
            operation_id=attempt.operation_id,
        )
        await note_action(actor, "transaction.cancel", transaction_id, attempt=attempt, tenancy=mutation.deps.tenancy)
        return RecordAnswer(record=record)

    return await mutation.run(actor, execute, status=200)
