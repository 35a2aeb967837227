"""Mollie's connection test: the profile that a key opens, and its mode. Each payment names the webhook's address."""

from gateway_providers.checklist import Checklist
from gateway_providers.mollie.http import MollieHttp
from gateway_providers.ports import ProviderAccount


async def check(http: MollieHttp, account: ProviderAccount, checks: Checklist) -> None:
    """All checks.

    Raises:
        ChecksEnded: see `Checklist`.
    """
    profile = await checks.ask(http.get(account, "/v2/profiles/me", timeout_s=checks.left_s))
    checks.expect(profile)
    checks.accepted()
    checks.mode(is_live=profile.body.get("mode") == "live", livemode=account.livemode)
    wanted = account.public.get("profileId")
    if profile.body.get("status") == "blocked":
        checks.failed("account", "ACCOUNT_BLOCKED", "Mollie has blocked the profile.")
    elif wanted and wanted != profile.body.get("id"):
        checks.failed("account", "ACCOUNT_UNKNOWN", "apiKey is the key of another profile.", field="profileId")
    else:
        checks.passed("account", "The profile is the one of this provider and takes payments.")
    checks.passed("webhook", "Each payment names the address of its webhook; there is nothing to register.")
    if account.secrets.get("webhookSecret"):
        text = "Mollie does not show a signing secret again. A test event is answered with 200 if it is right."
        checks.secret_unproven("webhookSecret", text)
