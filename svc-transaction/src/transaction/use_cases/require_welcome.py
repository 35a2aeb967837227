"""A customer with an open dispute, or on hold after a lost one, is not sold to again."""

from collections.abc import Sequence
from typing import Any, Final

from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Conflict
from transaction.domain.dispute import LOST, Dispute, Hold
from transaction.domain.records import Scope
from transaction.domain.transaction import Transaction
from transaction.ports import Deps

BLOCKED_BY_DISPUTE: Final = "CHECKOUT_BLOCKED_BY_DISPUTE"
BLOCKED_BY_HOLD: Final = "CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD"
RESTRICTED_BY_HOLD: Final = "CHECKOUT_RESTRICTED_BY_CUSTOMER_HOLD"


async def require_welcome(
    scope: Scope, email_hash: str | None, providers: Sequence[ProviderConfig], *, deps: Deps
) -> None:
    """Check the customer of a new checkout, or of an attempt to pay, with the providers that it would be offered.

    Raises:
        Conflict: ``CHECKOUT_BLOCKED_BY_DISPUTE``, ``CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD``, or
            ``CHECKOUT_RESTRICTED_BY_CUSTOMER_HOLD`` if it may pay, but not with all of these providers.
    """
    if email_hash is None:
        return
    dispute = await deps.disputes.open_of_customer(scope, email_hash)
    if dispute is not None:
        message = "this customer contests an earlier payment"
        raise Conflict(message, code=BLOCKED_BY_DISPUTE, **await _story(scope, dispute, deps=deps))
    for hold in await deps.holds.of_customer(scope, email_hash):
        await _check_hold(scope, hold, providers, deps=deps)


async def _check_hold(scope: Scope, hold: Hold, providers: Sequence[ProviderConfig], *, deps: Deps) -> None:
    allowed = [provider.id for provider in providers if provider.type in hold.allowed_provider_types]
    is_restricted = hold.action == "allow_provider_types" and bool(allowed)
    if is_restricted and len(allowed) == len(providers):
        return
    dispute = await deps.disputes.get(scope, hold.dispute_id)
    story = {} if dispute is None else await _story(scope, dispute, deps=deps)
    story["customerRiskHold"] = {
        "id": hold.id,
        "action": hold.action,
        "reason": hold.reason,
        "allowedProviderTypes": list(hold.allowed_provider_types),
        "allowedProviderIds": allowed if hold.action == "allow_provider_types" else [],
    }
    if is_restricted:
        message = "this customer may pay only with some of these providers after a lost dispute"
        raise Conflict(message, code=RESTRICTED_BY_HOLD, **story)
    raise Conflict("this customer is on hold after a lost dispute", code=BLOCKED_BY_HOLD, **story)


async def _story(scope: Scope, dispute: Dispute, *, deps: Deps) -> dict[str, Any]:
    transaction: Transaction | None = await deps.transactions.get(scope, dispute.transaction_id)
    note = None
    if dispute.status in LOST:
        wanted = {"transaction_id": dispute.transaction_id, "dispute_id": dispute.id}
        note = await deps.credit_notes.of_dispute(scope, **wanted)
    return {
        "transactionId": dispute.transaction_id,
        "externalReference": transaction.external_reference if transaction else None,
        "amount": dispute.amount,
        "currency": dispute.currency,
        "disputeDate": dispute.opened_at.isoformat(),
        "disputeId": dispute.id,
        "disputeStatus": dispute.status.value,
        "creditNoteId": note.id if note else None,
        "creditNoteNumber": note.number if note else None,
    }
