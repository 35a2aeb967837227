"""GoCardless' connection test: the token, what it may do, and whether the last webhook was signed with our secret."""

from typing import Any, Final

from gateway_providers.checklist import Checklist
from gateway_providers.gocardless.http import GoCardlessHttp, resources_of
from gateway_providers.gocardless.webhook import HEADER, is_signed
from gateway_providers.ports import ProviderAccount

# The id of no billing request: a token that may write gets 404, one that may only read is refused first.
_NONE: Final = "/billing_requests/BRQ000000000000000/actions/cancel"
_RECENT: Final = "50"


async def check(http: GoCardlessHttp, account: ProviderAccount, checks: Checklist) -> None:
    """All checks.

    Raises:
        ChecksEnded: see `Checklist`.
    """
    creditors = await checks.ask(http.get(account, "/creditors", query={"limit": "1"}, timeout_s=checks.left_s))
    if creditors.status != 403:
        checks.expect(creditors)
    checks.accepted()
    writing = http.send(account, "POST", _NONE, json={}, idempotency_key=None, timeout_s=checks.left_s)
    refused = [
        *(["read access"] if creditors.status == 403 else []),
        *(["write access"] if (await checks.ask(writing)).status == 403 else []),
    ]
    checks.permissions(refused)
    await _check_webhook(http, account, checks)


async def _check_webhook(http: GoCardlessHttp, account: ProviderAccount, checks: Checklist) -> None:
    """GoCardless lists what it sent, not where it would send: only a webhook shows that one is registered."""
    answer = await checks.ask(http.get(account, "/webhooks", query={"limit": _RECENT}, timeout_s=checks.left_s))
    if answer.status == 403:
        return checks.webhooks_unreadable()
    checks.expect(answer)
    sent = [item for item in resources_of(answer, "webhooks") if item.get("url") == checks.webhook_url]
    secret = account.secrets.get("webhookSecret")
    if not sent:
        text = "GoCardless has sent nothing to this address yet: send a test webhook from its dashboard."
        return checks.unknown("webhook", "WEBHOOK_NOT_READABLE", text)
    checks.passed("webhook", "GoCardless reports to this gateway.")
    return _check_secret(sent[0], secret, checks) if secret else None


def _check_secret(last: dict[str, Any], secret: str, checks: Checklist) -> None:
    headers, body = last.get("request_headers"), last.get("request_body")
    given = {str(name).lower(): value for name, value in headers.items()} if isinstance(headers, dict) else {}
    signature = given.get(HEADER)
    if not isinstance(signature, str) or not isinstance(body, str):
        text = "GoCardless does not show how its last webhook was signed; send a test webhook from its dashboard."
        checks.secret_unproven("webhookSecret", text)
    elif is_signed(body.encode("utf-8", "surrogatepass"), signature, secret):
        checks.passed("webhookSecret", "The last webhook was signed with this secret.")
    else:
        text = "The last webhook was signed with another secret."
        checks.failed("webhookSecret", "WEBHOOK_SECRET_WRONG", text, field="webhookSecret")
