"""Refunds at Mollie: made under our marker, found again by it."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from gateway_contracts.errors import Unreadable
from gateway_providers.errors import outcome_unknown, unavailable
from gateway_providers.mollie.amounts import to_mollie
from gateway_providers.mollie.http import MollieHttp, accepted
from gateway_providers.mollie.mapping import metadata_of, refund_of
from gateway_providers.ports import (
    MARKER_ORGANIZATION,
    MARKER_REFUND,
    MARKER_TRANSACTION,
    ProviderAccount,
    ProviderRefund,
    RefundRequest,
)

PAGE: Final = 250
_PAGES_MAX: Final = 10
_DESCRIPTION_MAX: Final = 140


async def create(
    http: MollieHttp, account: ProviderAccount, request: RefundRequest, *, idempotency_key: str, timeout_s: float
) -> ProviderRefund:
    """See `Refunding.refund_payment`."""
    body = {
        "amount": to_mollie(request.amount),
        "description": (request.reason or f"Refund {request.refund_id}")[:_DESCRIPTION_MAX],
        "metadata": {
            MARKER_REFUND: request.refund_id,
            MARKER_TRANSACTION: request.transaction_id,
            MARKER_ORGANIZATION: request.organization_id,
        },
    }
    path = f"/v2/payments/{request.provider_payment_id}/refunds"
    answer = await http.send(account, "POST", path, json=body, idempotency_key=idempotency_key, timeout_s=timeout_s)
    item = accepted(answer)
    try:
        return refund_of(item)
    except Unreadable as exc:
        raise outcome_unknown(str(exc)) from exc


async def find(
    http: MollieHttp, account: ProviderAccount, request: RefundRequest, *, timeout_s: float
) -> ProviderRefund | None:
    """See `Refunding.find_refund`: looks through the payment's refunds."""
    path = f"/v2/payments/{request.provider_payment_id}/refunds"
    query: dict[str, str] | None = {"limit": str(PAGE)}
    for _ in range(_PAGES_MAX):
        page = accepted(await http.get(account, path, query=query, timeout_s=timeout_s))
        for item in items_of(page, "refunds"):
            if request.is_answered_by(metadata_of(item).get(MARKER_REFUND), item.get("id")):
                try:
                    return refund_of(item)
                except Unreadable as exc:
                    raise unavailable(str(exc)) from exc
        query = next_query(page)
        if query is None:
            return None
    # Not looking further is not the same as knowing that there is none.
    raise unavailable("the payment has too many refunds to look through", retry_after_s=60)


def items_of(page: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of one page of a list."""
    embedded = page.get("_embedded")
    items = embedded.get(name) if isinstance(embedded, Mapping) else None
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def next_query(page: Mapping[str, Any]) -> dict[str, str] | None:
    """Query of the next page; None after the last. Only its query is believed, never its host."""
    links = page.get("_links")
    following = links.get("next") if isinstance(links, Mapping) else None
    href = following.get("href") if isinstance(following, Mapping) else None
    return dict(parse_qsl(urlsplit(href).query)) if isinstance(href, str) else None
