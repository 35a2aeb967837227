"""Disputes of payments, and customers who are on hold because of one."""

from typing import Annotated

from fastapi import Depends, Query

from admin_api.edge.dependencies import known_id
from admin_api.edge.forwarding import forwarded
from admin_api.edge.routing import new_router
from admin_api.payments.web.schemas.reversals import ChargebackListView, ChargebackPatch, HoldListView
from admin_api.shared.domain.effects import Effect
from gateway_contracts.requests.dispute import (
    LIST_DISPUTES,
    LIST_HOLDS,
    RELEASE_HOLD,
    UPDATE_DISPUTE,
    HoldQuery,
    HoldRef,
    UpdateDispute,
)
from gateway_contracts.requests.transaction import TransactionRef
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX

router = new_router(tags=["disputes"])
TransactionId = Annotated[str, Depends(known_id("transaction"))]
ChargebackId = Annotated[str, Depends(known_id("chargeback"))]
HoldId = Annotated[str, Depends(known_id("hold"))]


@forwarded(
    router,
    "GET",
    "/transactions/{transaction_id}/chargebacks",
    LIST_DISPUTES,
    scope="transaction:read",
    answer=ChargebackListView,
)
def list_chargebacks(transaction_id: TransactionId) -> TransactionRef:
    """All disputes of a transaction, the oldest first."""
    return TransactionRef(transaction_id=transaction_id)


@forwarded(
    router,
    "PATCH",
    "/transactions/{transaction_id}/chargeback/{chargeback_id}",
    UPDATE_DISPUTE,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="transaction.update_chargeback",
)
def update(transaction_id: TransactionId, chargeback_id: ChargebackId, body: ChargebackPatch) -> UpdateDispute:
    """Set the state of a dispute; amounts and holds are updated. A notification is sent only with `dispatchIpn`."""
    return UpdateDispute(transaction_id=transaction_id, dispute_id=chargeback_id, **dict(body))


@forwarded(router, "GET", "/customer-holds", LIST_HOLDS, scope="transaction:read", answer=HoldListView)
def list_holds(
    email: Annotated[
        str | None,
        Query(max_length=EMAIL_CHARACTERS_MAX, description="Only holds of the customer with this e-mail address."),
    ] = None,
    with_released: Annotated[
        bool, Query(alias="withReleased", description="Whether to include released holds.")
    ] = False,
) -> HoldQuery:
    """Customers with restricted checkouts after a lost or accepted dispute."""
    return HoldQuery(email=email, with_released=with_released)


@forwarded(
    router,
    "POST",
    "/customer-holds/{hold_id}/release",
    RELEASE_HOLD,
    scope="transaction:execute",
    effect=Effect.OWN_MODE,
    action="customer_hold.release",
)
def release_hold(hold_id: HoldId) -> HoldRef:
    """Release the hold: the customer can buy again."""
    return HoldRef(hold_id=hold_id)
