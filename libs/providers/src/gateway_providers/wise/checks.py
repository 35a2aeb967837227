"""Wise's connection test: the profile that a token may see, and which event reports money to us."""

from gateway_providers.checklist import Checklist
from gateway_providers.ports import ProviderAccount
from gateway_providers.wise.http import WiseHttp
from gateway_providers.wise.subscriptions import NO_TRANSFER, events_to, subscriptions_of
from gateway_providers.wise.webhook import CREDITED, PAYMENT_CHANGED


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
    answer = await checks.ask(http.get(account, subscriptions_of(account), timeout_s=checks.left_s))
    if answer.status == 403:
        return checks.webhooks_unreadable()
    checks.expect(answer)
    return await _check_events(http, account, events_to(answer, checks.webhook_url), checks)


async def _check_events(http: WiseHttp, account: ProviderAccount, events: set[str], checks: Checklist) -> None:
    if not checks.webhook({checks.webhook_url} if events else ()):
        return
    if len(events) > 1:
        text = f"Both {CREDITED} and {PAYMENT_CHANGED} report here: each payment would be reported twice."
        checks.failed("webhook", "WEBHOOK_EVENTS_TWICE", text)
    else:
        checks.passed("webhook", "Wise reports to this gateway.")
    if CREDITED in events:
        transfer = await checks.ask(http.get(account, NO_TRANSFER, timeout_s=checks.left_s))
        refused = ["access to incoming transfers (Wise grants it)"] if transfer.status == 403 else []
        checks.permissions(refused)
