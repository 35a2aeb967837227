"""Refunds: money that goes back."""

from typing import Annotated

from fastapi import Depends

from admin_api.edge.dependencies import known_id
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.payments.web.schemas.reversals import RefundIn, RefundListView, SettleRefundIn
from admin_api.shared.domain.effects import Effect
from admin_api.shared.domain.idempotency import Attempt
from gateway_contracts.requests.refund import (
    CREATE_REFUND,
    GET_REFUND,
    LIST_REFUNDS,
    SETTLE_REFUND,
    CreateRefund,
    RefundRef,
    SettleRefund,
)
from gateway_contracts.requests.transaction import TransactionRef

router = new_router(tags=["refunds"])
TransactionId = Annotated[str, Depends(known_id("transaction"))]
RefundId = Annotated[str, Depends(known_id("refund"))]


@forwarded(
    router,
    "POST",
    "/transactions/{transaction_id}/refunds",
    CREATE_REFUND,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="transaction.refund",
    status=201,
    needs_key=True,
)
def create(transaction_id: TransactionId, body: RefundIn, attempt: Attempt) -> CreateRefund:
    """Refund a part or the remaining amount. Needs an `Idempotency-Key`.

    The amount is reserved before the provider is called: refunds never exceed the captured amount
    (`REFUND_EXCEEDS_CAPTURED`). While the payment is disputed, refunds are refused (`TRANSACTION_DISPUTED`).
    """
    return body.command(attempt.object_id, transaction_id)


@forwarded(
    router,
    "GET",
    "/transactions/{transaction_id}/refunds",
    LIST_REFUNDS,
    scope="transaction:read",
    answer=RefundListView,
)
def list_refunds(transaction_id: TransactionId) -> TransactionRef:
    """All refunds of a transaction, the oldest first."""
    return TransactionRef(transaction_id=transaction_id)


@forwarded(router, "GET", "/transactions/{transaction_id}/refunds/{refund_id}", GET_REFUND, scope="transaction:read")
def read(transaction_id: TransactionId, refund_id: RefundId) -> RefundRef:
    """One refund."""
    return RefundRef(transaction_id=transaction_id, refund_id=refund_id)


@forwarded(
    router,
    "POST",
    "/transactions/{transaction_id}/refunds/{refund_id}/settle",
    SETTLE_REFUND,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="transaction.settle_refund",
)
def settle(transaction_id: TransactionId, refund_id: RefundId, body: SettleRefundIn) -> SettleRefund:
    """Record the result of a manual refund (`manual`), such as one of a bank transfer."""
    return SettleRefund(transaction_id=transaction_id, refund_id=refund_id, **dict(body))
