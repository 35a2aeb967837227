"""Subscriptions of a profile at Wise: found by their address, made."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_providers.deadline import Deadline
from gateway_providers.errors import MISSING_PERMISSION, ProviderRefused
from gateway_providers.http import Answer
from gateway_providers.ports import ProviderAccount
from gateway_providers.registration import WebhookRegistration
from gateway_providers.wise.http import WiseHttp
from gateway_providers.wise.webhook import CREDITED, PAYMENT_CHANGED

NO_TRANSFER: Final = "/v1/incoming-transfers/00000000-0000-0000-0000-000000000000"
"""A transfer that does not exist; the answer says whether Wise opened incoming transfers for the account."""
_VERSION: Final = "4.0.0"


async def register(http: WiseHttp, account: ProviderAccount, url: str, deadline: Deadline) -> WebhookRegistration:
    """Subscribe our address to the event that the account may read, unless it is subscribed to one already.

    Webhooks are signed with Wise's own key, so there is no secret to keep.

    Raises:
        Rejected, Transient, OutcomeUnknown: see `Connector`.
    """
    path = subscriptions_of(account)
    listed = _accepted(await http.get(account, path, timeout_s=deadline.left_s))
    if events_to(listed, url):
        return WebhookRegistration(is_new=False)
    transfer = await http.get(account, NO_TRANSFER, timeout_s=deadline.left_s)
    event = PAYMENT_CHANGED if transfer.status == 403 else CREDITED
    body = {"name": "Gateway", "trigger_on": event, "delivery": {"version": _VERSION, "url": url}}
    sent = await http.send(account, "POST", path, json=body, idempotency_key=None, timeout_s=deadline.left_s)
    _accepted(sent)
    return WebhookRegistration(is_new=True)


def subscriptions_of(account: ProviderAccount) -> str:
    """The path of the profile's subscriptions."""
    return f"/v3/profiles/{account.public.get('profileId')}/subscriptions"


def events_to(answer: Answer, url: str) -> set[str]:
    """Which of the two events of payments are subscribed to an address."""
    found = [item for item in answer.items if isinstance(item, dict) and _address(item) == url]
    return {str(item.get("trigger_on")) for item in found} & {CREDITED, PAYMENT_CHANGED}


def _address(subscription: Mapping[str, Any]) -> str | None:
    delivery = subscription.get("delivery")
    return str(delivery.get("url")) if isinstance(delivery, Mapping) else None


def _accepted(answer: Answer) -> Answer:
    if answer.status == 403:
        raise ProviderRefused("apiToken may not subscribe to events", provider_code=MISSING_PERMISSION)
    if answer.status >= 400:
        raise ProviderRefused(f"Wise answered {answer.status}", provider_code=f"http_{answer.status}")
    return answer
