"""Refunds at Stripe: made under our marker, found again by it."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_providers.errors import outcome_unknown, unavailable
from gateway_providers.ports import (
    MARKER_ORGANIZATION,
    MARKER_REFUND,
    MARKER_TRANSACTION,
    ProviderAccount,
    ProviderRefund,
    RefundRequest,
    RefundState,
)
from gateway_providers.stripe.amounts import to_stripe
from gateway_providers.stripe.http import StripeHttp, accepted
from gateway_providers.stripe.mapping import failure_of, metadata_of, money_of
from gateway_providers.words import word

_REFUNDS: Final = "/v1/refunds"
_STATES: Final[dict[str, RefundState]] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "canceled",
}
_REASONS: Final = frozenset({"duplicate", "fraudulent", "requested_by_customer"})
_PAGE: Final = 100
# A payment with more refunds than this is not searched to its end.
_PAGES_MAX: Final = 10


def state_of(status: object) -> RefundState:
    """Stripe's word in ours."""
    return _STATES.get(str(status), "unknown")


def refund_of(item: Mapping[str, Any]) -> ProviderRefund:
    """A Refund object as we see it.

    Raises:
        Unreadable: it lacks its id, status or amount.
    """
    identifier, status = item.get("id"), item.get("status")
    if not isinstance(identifier, str) or not isinstance(status, str):
        raise Unreadable("Stripe answered something that is no refund")
    reason = item.get("failure_reason")
    return ProviderRefund(
        provider_refund_id=identifier,
        state=state_of(status),
        amount=money_of(item, "amount"),
        provider_status=word(status),
        refund_id=metadata_of(item).get(MARKER_REFUND),
        failure=failure_of({"code": reason}) if reason else None,
    )


async def create(
    http: StripeHttp, account: ProviderAccount, request: RefundRequest, *, idempotency_key: str, timeout_s: float
) -> ProviderRefund:
    """See `Refunding.refund_payment`."""
    form = {"payment_intent": request.provider_payment_id, "amount": str(to_stripe(request.amount))}
    if request.reason in _REASONS:
        form["reason"] = request.reason
    markers = {
        MARKER_REFUND: request.refund_id,
        MARKER_TRANSACTION: request.transaction_id,
        MARKER_ORGANIZATION: request.organization_id,
    }
    form |= {f"metadata[{key}]": value for key, value in markers.items()}
    answer = await http.send(account, "POST", _REFUNDS, form=form, idempotency_key=idempotency_key, timeout_s=timeout_s)
    item = accepted(answer)
    try:
        return refund_of(item)
    except Unreadable as exc:
        raise outcome_unknown(str(exc)) from exc


async def find(
    http: StripeHttp, account: ProviderAccount, request: RefundRequest, *, timeout_s: float
) -> ProviderRefund | None:
    """See `Refunding.find_refund`: looks through the payment's refunds."""
    query = {"payment_intent": request.provider_payment_id, "limit": str(_PAGE)}
    for _ in range(_PAGES_MAX):
        page = accepted(await http.get(account, _REFUNDS, query=query, timeout_s=timeout_s))
        items = [item for item in page.get("data", ()) if isinstance(item, Mapping)]
        for item in items:
            if request.is_answered_by(metadata_of(item).get(MARKER_REFUND), item.get("id")):
                return _seen(item)
        if not page.get("has_more") or not items:
            return None
        query["starting_after"] = str(items[-1].get("id"))
    # Not looking further is not the same as knowing that there is none.
    raise unavailable("the payment has too many refunds to look through", retry_after_s=60)


def _seen(item: Mapping[str, Any]) -> ProviderRefund:
    try:
        return refund_of(item)
    except Unreadable as exc:
        raise unavailable(str(exc)) from exc
