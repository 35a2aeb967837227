"""Webhook endpoints at Stripe: found by their address, made, brought up to date."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from gateway_contracts.ids import new_operation_id
from gateway_providers.deadline import Deadline
from gateway_providers.errors import outcome_unknown
from gateway_providers.http import Answer
from gateway_providers.ports import ProviderAccount
from gateway_providers.registration import WebhookRegistration
from gateway_providers.stripe.facts import EVENT_TYPES
from gateway_providers.stripe.http import API_VERSION, StripeHttp, accepted

ENDPOINTS: Final = "/v1/webhook_endpoints"
ALL_ENDPOINTS: Final = {"limit": "100"}
"""Stripe allows 16 endpoints, and as many for connected accounts."""
ANY_EVENT: Final = "*"


async def register(http: StripeHttp, account: ProviderAccount, url: str, deadline: Deadline) -> WebhookRegistration:
    """Make the endpoint, or bring the one that is there up to date.

    Stripe shows a signing secret only to the call that made the endpoint. So one whose secret the account does not
    have is of no use, such as that of a call whose answer was lost: it is removed, and made anew.

    Raises:
        Rejected, Transient, OutcomeUnknown: see `Connector`.
    """
    listed = await http.get(account, ENDPOINTS, query=ALL_ENDPOINTS, timeout_s=deadline.left_s)
    accepted(listed)
    ours = [endpoint for endpoint in endpoints_in(listed) if endpoint.get("url") == url]
    if ours and account.secrets.get("webhookSecret"):
        await _update(http, account, ours[0], deadline)
        return WebhookRegistration(is_new=False)
    for endpoint in ours:
        await _remove(http, account, endpoint, deadline)
    return await _create(http, account, url, deadline)


def endpoints_in(answer: Answer) -> list[dict[str, Any]]:
    """The endpoints of a list that Stripe answered."""
    found = answer.body.get("data")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def events_of(endpoint: Mapping[str, Any]) -> set[str]:
    """The types of events that an endpoint gets."""
    enabled = endpoint.get("enabled_events")
    return set(map(str, enabled)) if isinstance(enabled, list) else set()


async def _update(http: StripeHttp, account: ProviderAccount, endpoint: Mapping[str, Any], deadline: Deadline) -> None:
    events = events_of(endpoint)
    wanted = {ANY_EVENT} if ANY_EVENT in events else events | set(EVENT_TYPES)
    form = {"disabled": "false", **_events_form(sorted(wanted))}
    answer = await http.send(
        account,
        "POST",
        _path(endpoint),
        form=form,
        idempotency_key=new_operation_id(),
        timeout_s=deadline.left_s,
    )
    accepted(answer)


async def _remove(http: StripeHttp, account: ProviderAccount, endpoint: Mapping[str, Any], deadline: Deadline) -> None:
    answer = await http.send(
        account, "DELETE", _path(endpoint), form={}, idempotency_key=None, timeout_s=deadline.left_s
    )
    if answer.status != 404:
        accepted(answer)


async def _create(http: StripeHttp, account: ProviderAccount, url: str, deadline: Deadline) -> WebhookRegistration:
    form = {"url": url, "api_version": API_VERSION, **_events_form(EVENT_TYPES)}
    answer = await http.send(
        account, "POST", ENDPOINTS, form=form, idempotency_key=new_operation_id(), timeout_s=deadline.left_s
    )
    secret = accepted(answer).get("secret")
    if not isinstance(secret, str) or not secret:
        raise outcome_unknown("Stripe made an endpoint and did not show its secret")
    return WebhookRegistration(is_new=True, secret=secret)


def _events_form(events: Any) -> dict[str, str]:
    return {f"enabled_events[{index}]": name for index, name in enumerate(events)}


def _path(endpoint: Mapping[str, Any]) -> str:
    return f"{ENDPOINTS}/{quote(str(endpoint.get('id')), safe='')}"
