"""Blocks checkouts of customers with an open dispute or an active hold."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from gateway_contracts.amount_format import from_minor
from gateway_contracts.config import ProviderConfig
from gateway_contracts.errors import Conflict
from transaction.domain.checkout import Checkout
from transaction.domain.dispute import LOST, Dispute, Hold
from transaction.domain.transaction import Transaction
from transaction.ports import Deps

BLOCKED_BY_DISPUTE: Final = "CHECKOUT_BLOCKED_BY_DISPUTE"
BLOCKED_BY_HOLD: Final = "CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD"
RESTRICTED_BY_HOLD: Final = "CHECKOUT_RESTRICTED_BY_CUSTOMER_HOLD"


async def check_customer_restrictions(
    checkout: Checkout, email_hashes: Iterable[str], providers: Sequence[ProviderConfig], *, deps: Deps
) -> None:
    """Check the customer of a new checkout, or of an attempt to pay it, with the providers that it would be offered.

    Every address counts under which the customer is known: those that the shop gave and the one typed at the page.

    Raises:
        Conflict: ``CHECKOUT_BLOCKED_BY_DISPUTE``, ``CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD``, or
            ``CHECKOUT_RESTRICTED_BY_CUSTOMER_HOLD`` if it may pay, but not with all of these providers.
    """
    hashes = tuple(dict.fromkeys(email_hashes))
    if not hashes:
        return
    scope = checkout.scope
    dispute = await deps.disputes.open_of_customer(scope, hashes)
    if dispute is not None:
        message = "this customer contests an earlier payment"
        raise Conflict(message, code=BLOCKED_BY_DISPUTE, **await _story(checkout, dispute, deps=deps))
    for hold in await deps.holds.of_customer(scope, hashes):
        await _check_hold(checkout, hold, providers, deps=deps)


async def _check_hold(checkout: Checkout, hold: Hold, providers: Sequence[ProviderConfig], *, deps: Deps) -> None:
    allowed = [provider.id for provider in providers if provider.type in hold.allowed_provider_types]
    is_restricted = hold.action == "allow_provider_types" and bool(allowed)
    if is_restricted and len(allowed) == len(providers):
        return
    dispute = await deps.disputes.get(None, checkout.scope, hold.dispute_id)
    story = {} if dispute is None else await _story(checkout, dispute, deps=deps)
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


async def _story(checkout: Checkout, dispute: Dispute, *, deps: Deps) -> dict[str, Any]:
    """The dispute in words; the amount as the shop of the refused checkout writes it."""
    scope = checkout.scope
    transaction: Transaction | None = await deps.transactions.get(None, scope, dispute.transaction_id)
    note = None
    if dispute.status in LOST:
        wanted = {"transaction_id": dispute.transaction_id, "dispute_id": dispute.id}
        note = await deps.credit_notes.of_dispute(scope, **wanted)
    return {
        "transactionId": dispute.transaction_id,
        "externalReference": transaction.external_reference if transaction else None,
        "amount": from_minor(dispute.amount, dispute.currency, checkout.amount_format),
        "currency": dispute.currency,
        "disputeDate": dispute.opened_at.isoformat(),
        "disputeId": dispute.id,
        "disputeStatus": dispute.status.value,
        "creditNoteId": note.id if note else None,
        "creditNoteNumber": note.number if note else None,
    }
