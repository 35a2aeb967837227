"""Webhooks of an application at PayPal: found by their address, made, brought up to date.

A webhook's id is what signatures are made for, and PayPal shows it at any time.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from gateway_providers.deadline import Deadline
from gateway_providers.errors import outcome_unknown, unavailable
from gateway_providers.paypal.facts import EVENT_TYPES
from gateway_providers.paypal.http import PayPalHttp, accepted
from gateway_providers.paypal.mapping import objects_of
from gateway_providers.ports import ProviderAccount
from gateway_providers.registration import WebhookRegistration

WEBHOOKS: Final = "/v1/notifications/webhooks"
ANY_EVENT: Final = "*"


async def register(http: PayPalHttp, account: ProviderAccount, url: str, deadline: Deadline) -> WebhookRegistration:
    """Make the webhook, or bring the one that is there up to date.

    Raises:
        Rejected, Transient, OutcomeUnknown: see `Connector`.
    """
    listed = accepted(await http.get(account, WEBHOOKS, timeout_s=deadline.left_s))
    ours = next((item for item in objects_of(listed, "webhooks") if item.get("url") == url), None)
    if ours is None:
        body = {"url": url, "event_types": _types(EVENT_TYPES)}
        sent = await http.send(account, "POST", WEBHOOKS, json=body, idempotency_key=None, timeout_s=deadline.left_s)
        webhook_id = accepted(sent).get("id")
        if not isinstance(webhook_id, str) or not webhook_id:
            raise outcome_unknown("PayPal made a webhook and did not name it")
        return WebhookRegistration(is_new=True, secret=webhook_id)
    webhook_id = ours.get("id")
    if not isinstance(webhook_id, str) or not webhook_id:
        raise unavailable("PayPal listed a webhook without its id")
    await _complete(http, account, ours, webhook_id, deadline)
    return WebhookRegistration(is_new=False, secret=webhook_id)


def events_of(webhook: Mapping[str, Any]) -> set[str]:
    """The types of events that a webhook gets."""
    return {str(item.get("name")) for item in objects_of(webhook, "event_types")}


async def _complete(
    http: PayPalHttp, account: ProviderAccount, webhook: Mapping[str, Any], webhook_id: str, deadline: Deadline
) -> None:
    """With the events that are missing; without a call where there are none."""
    events = events_of(webhook)
    if ANY_EVENT in events or events >= set(EVENT_TYPES):
        return
    change = {"op": "replace", "path": "/event_types", "value": _types(sorted(events | set(EVENT_TYPES)))}
    path = f"{WEBHOOKS}/{quote(webhook_id, safe='')}"
    accepted(await http.send(account, "PATCH", path, json=[change], idempotency_key=None, timeout_s=deadline.left_s))


def _types(names: Any) -> list[dict[str, str]]:
    return [{"name": name} for name in names]
