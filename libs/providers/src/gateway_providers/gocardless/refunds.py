"""Refunds at GoCardless: the account must have them activated, and each confirms the total of all."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.errors import Unreadable
from gateway_providers.errors import ProviderRefused, RefundNotEnabled, outcome_unknown, unavailable
from gateway_providers.gocardless.http import GoCardlessHttp, next_page, resources_of
from gateway_providers.gocardless.mapping import Seen, failure_of, identifier_of, money_of, refund_state_of
from gateway_providers.gocardless.markers import Markers, markers_of
from gateway_providers.ports import ProviderAccount, ProviderRefund, RefundRequest

_PAGE: Final = 100
_PAGES_MAX: Final = 10
# Errors of an account without the feature: refunds are a permission that GoCardless grants on request.
_NOT_ENABLED: Final = frozenset({"forbidden", "feature_not_enabled", "refund_not_enabled", "refunds_not_enabled"})


def refund_of(item: Mapping[str, Any]) -> ProviderRefund:
    """A refund as we see it.

    Raises:
        Unreadable: it lacks its id, status or amount.
    """
    status = item.get("status")
    if not isinstance(status, str):
        raise Unreadable("GoCardless answered a refund without status")
    markers = markers_of(item.get("metadata"))
    state = refund_state_of(status)
    return ProviderRefund(
        provider_refund_id=identifier_of(item),
        state=state,
        amount=money_of(item),
        provider_status=status,
        refund_id=markers.refund if markers else None,
        failure=failure_of(status) if state == "failed" else None,
    )


async def create(
    http: GoCardlessHttp,
    account: ProviderAccount,
    request: RefundRequest,
    seen: Seen,
    *,
    idempotency_key: str,
    timeout_s: float,
) -> ProviderRefund:
    """See `Refunding.refund_payment`."""
    if seen.payment is None:
        raise ProviderRefused("nothing was collected yet", provider_code="refund_payment_invalid_state")
    markers = Markers(
        request.transaction_id,
        request.organization_id,
        request.amount,
        request.provider_payment_id,
        request.refund_id,
    )
    body = {
        "amount": request.amount.amount_minor,
        "total_amount_confirmation": request.total_refunded.amount_minor,
        "metadata": markers.metadata(),
        "links": {"payment": identifier_of(seen.payment)},
    }
    try:
        made = await http.create(account, "refunds", body, idempotency_key=idempotency_key, timeout_s=timeout_s)
    except ProviderRefused as exc:
        if exc.provider_code in _NOT_ENABLED:
            raise RefundNotEnabled("GoCardless has refunds switched off for this account") from exc
        raise
    try:
        return refund_of(made)
    except Unreadable as exc:
        raise outcome_unknown(str(exc)) from exc


async def find(
    http: GoCardlessHttp, account: ProviderAccount, request: RefundRequest, seen: Seen, *, timeout_s: float
) -> ProviderRefund | None:
    """See `Refunding.find_refund`: looks through the payment's refunds."""
    if seen.payment is None:
        return None
    query = {"payment": identifier_of(seen.payment), "limit": str(_PAGE)}
    for _ in range(_PAGES_MAX):
        answer = await http.get(account, "/refunds", query=query, timeout_s=timeout_s)
        for item in resources_of(answer, "refunds"):
            markers = markers_of(item.get("metadata"))
            if request.is_answered_by(markers.refund if markers else None, item.get("id")):
                return _seen(item)
        after = next_page(answer)
        if after is None:
            return None
        query["after"] = after
    raise unavailable("the payment has too many refunds to look through", retry_after_s=60)


def _seen(item: Mapping[str, Any]) -> ProviderRefund:
    try:
        return refund_of(item)
    except Unreadable as exc:
        raise unavailable(str(exc)) from exc
