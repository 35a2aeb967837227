"""Stripe's connection test: mode, the permissions of a restricted key, the registered webhook endpoint."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_providers.checklist import Checklist
from gateway_providers.ports import ProviderAccount
from gateway_providers.stripe.endpoints import ALL_ENDPOINTS, ANY_EVENT, ENDPOINTS, endpoints_in, events_of
from gateway_providers.stripe.facts import EVENT_TYPES
from gateway_providers.stripe.http import API_VERSION, StripeHttp

_BALANCE: Final = "/v1/balance"
_READ: Final[Mapping[str, str]] = {
    "/v1/charges": "read Charges",
    "/v1/disputes": "read Disputes",
    "/v1/payment_intents": "read PaymentIntents",
    "/v1/refunds": "read Refunds",
}
# Without their required parameters these are refused and make nothing; without the permission they are refused first.
_WRITE: Final[Mapping[str, str]] = {"/v1/payment_intents": "write PaymentIntents", "/v1/refunds": "write Refunds"}


async def check(http: StripeHttp, account: ProviderAccount, checks: Checklist) -> None:
    """All checks.

    Raises:
        ChecksEnded: see `Checklist`.
    """
    balance = await checks.ask(http.get(account, _BALANCE, timeout_s=checks.left_s))
    if balance.status != 403:
        checks.expect(balance)
    checks.accepted()
    if balance.status != 403:
        checks.mode(is_live=balance.body.get("livemode") is True, livemode=account.livemode)
    checks.permissions([*(["read Balance"] if balance.status == 403 else []), *await _missing(http, account, checks)])
    await _check_endpoint(http, account, checks)
    if account.secrets.get("webhookSecret"):
        text = "Stripe does not show a signing secret again. A test event is answered with 200 if it is right."
        checks.secret_unproven("webhookSecret", text)


async def _missing(http: StripeHttp, account: ProviderAccount, checks: Checklist) -> list[str]:
    missing = []
    for path, permission in _READ.items():
        answer = await checks.ask(http.get(account, path, query={"limit": "1"}, timeout_s=checks.left_s))
        missing += [permission] if answer.status == 403 else []
    for path, permission in _WRITE.items():
        request = http.send(account, "POST", path, form={}, idempotency_key=None, timeout_s=checks.left_s)
        missing += [permission] if (await checks.ask(request)).status == 403 else []
    return missing


async def _check_endpoint(http: StripeHttp, account: ProviderAccount, checks: Checklist) -> None:
    answer = await checks.ask(http.get(account, ENDPOINTS, query=ALL_ENDPOINTS, timeout_s=checks.left_s))
    if answer.status == 403:
        return checks.webhooks_unreadable()
    checks.expect(answer)
    endpoints = {str(item.get("url")): item for item in endpoints_in(answer)}
    if not checks.webhook(endpoints):
        return None
    return _compare(endpoints[checks.webhook_url], checks)


def _compare(endpoint: Mapping[str, Any], checks: Checklist) -> None:
    if endpoint.get("status") != "enabled":
        return checks.failed("webhook", "WEBHOOK_DISABLED", "The webhook endpoint is disabled at Stripe.")
    events = events_of(endpoint)
    checks.events(set() if ANY_EVENT in events else set(EVENT_TYPES) - events)
    version = endpoint.get("api_version")
    if isinstance(version, str) and _family(version) != _family(API_VERSION):
        text = f"The webhook endpoint is registered for another API version than {API_VERSION}."
        checks.unknown("webhook", "WEBHOOK_VERSION_DIFFERS", text)
    return None


def _family(version: str) -> str:
    return version.partition(".")[2]
