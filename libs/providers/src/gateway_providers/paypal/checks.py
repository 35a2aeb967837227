"""PayPal's connection test: the application, its permission to take payments, the registered webhook.

A webhook's id is what signatures are made for: once PayPal shows it with our address, it is the right one.
"""

from urllib.parse import quote

from gateway_providers.checklist import Checklist
from gateway_providers.http import Answer
from gateway_providers.paypal.facts import EVENT_TYPES
from gateway_providers.paypal.http import PayPalHttp
from gateway_providers.paypal.mapping import objects_of
from gateway_providers.paypal.webhooks import ANY_EVENT, WEBHOOKS, events_of
from gateway_providers.ports import ProviderAccount


async def check(http: PayPalHttp, account: ProviderAccount, checks: Checklist) -> None:
    """All checks.

    Raises:
        ChecksEnded: see `Checklist`.
    """
    webhook_id = account.secrets.get("webhookId")
    path = f"{WEBHOOKS}/{quote(webhook_id, safe='')}" if webhook_id else WEBHOOKS
    webhook = await checks.ask(http.get(account, path, timeout_s=checks.left_s))
    checks.accepted()
    # Refused without its required fields, and makes nothing; without the permission it is refused first.
    order = http.send(account, "POST", "/v2/checkout/orders", json={}, idempotency_key=None, timeout_s=checks.left_s)
    checks.permissions(["take payments"] if (await checks.ask(order)).status == 403 else [])
    if webhook.status == 403:
        return checks.webhooks_unreadable()
    return _check_named(webhook, checks) if webhook_id else _check_listed(webhook, checks)


def _check_named(answer: Answer, checks: Checklist) -> None:
    if answer.status in (400, 404):
        text = "The application has no webhook of this id."
        return checks.failed("webhookSecret", "WEBHOOK_SECRET_WRONG", text, field="webhookId")
    checks.expect(answer)
    if checks.webhook_url and answer.body.get("url") != checks.webhook_url:
        text = f"The webhook of this id reports to another address than {checks.webhook_url}."
        return checks.failed("webhook", "WEBHOOK_ADDRESS_DIFFERS", text, field="webhookId")
    if checks.webhook([str(answer.body.get("url"))]):
        names = events_of(answer.body)
        checks.events(set() if ANY_EVENT in names else set(EVENT_TYPES) - names)
        checks.passed("webhookSecret", "webhookId is the id of that webhook.")
    return None


def _check_listed(answer: Answer, checks: Checklist) -> None:
    """The id is still to follow: is there a webhook to take it from?"""
    checks.expect(answer)
    if checks.webhook([str(item.get("url")) for item in objects_of(answer.body, "webhooks")]):
        checks.passed("webhook", "A webhook is registered for this gateway; enter its id as webhookId.")
