"""Wise's connection test: the profile that a token may see, and which event reports money to us."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_providers.checklist import Checklist
from gateway_providers.http import Answer
from gateway_providers.ports import ProviderAccount
from gateway_providers.wise.http import WiseHttp
from gateway_providers.wise.webhook import CREDITED, PAYMENT_CHANGED

_NO_TRANSFER: Final = "/v1/incoming-transfers/00000000-0000-0000-0000-000000000000"


async def check(http: WiseHttp, account: ProviderAccount, checks: Checklist) -> None:
    """All checks.

    Raises:
        ChecksEnded: see `Checklist`.
    """
    profiles = await checks.ask(http.get(account, "/v1/profiles", timeout_s=checks.left_s))
    checks.expect(profiles)
    checks.accepted()
    profile = str(account.public.get("profileId"))
    if profile not in {str(item.get("id")) for item in profiles.items if isinstance(item, dict)}:
        text = "apiToken sees no profile of this number."
        return checks.failed("account", "ACCOUNT_UNKNOWN", text, field="profileId")
    checks.passed("account", "apiToken sees this profile.")
    path = f"/v3/profiles/{profile}/subscriptions"
    answer = await checks.ask(http.get(account, path, timeout_s=checks.left_s))
    if answer.status == 403:
        return checks.webhooks_unreadable()
    checks.expect(answer)
    return await _check_events(http, account, _ours(answer, checks.webhook_url), checks)


async def _check_events(http: WiseHttp, account: ProviderAccount, events: set[str], checks: Checklist) -> None:
    if not checks.webhook({checks.webhook_url} if events else ()):
        return
    if len(events) > 1:
        text = f"Both {CREDITED} and {PAYMENT_CHANGED} report here: each payment would be reported twice."
        checks.failed("webhook", "WEBHOOK_EVENTS_TWICE", text)
    else:
        checks.passed("webhook", "Wise reports to this gateway.")
    if CREDITED in events:
        transfer = await checks.ask(http.get(account, _NO_TRANSFER, timeout_s=checks.left_s))
        refused = ["access to incoming transfers (Wise grants it)"] if transfer.status == 403 else []
        checks.permissions(refused)


def _ours(answer: Answer, webhook_url: str) -> set[str]:
    """Which of the two events are subscribed to our address."""
    found = [item for item in answer.items if isinstance(item, dict) and _address(item) == webhook_url]
    return {str(item.get("trigger_on")) for item in found} & {CREDITED, PAYMENT_CHANGED}


def _address(subscription: Mapping[str, Any]) -> str | None:
    delivery = subscription.get("delivery")
    return str(delivery.get("url")) if isinstance(delivery, Mapping) else None
