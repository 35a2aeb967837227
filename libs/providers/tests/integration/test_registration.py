"""Registration of webhooks against the simulators: complete, repeatable, and the secret is kept."""

from dataclasses import replace
from typing import Any

import pytest
from account_rig import HOOK, SECRETS, Account, opened, profile_of

from gateway_contracts.errors import Rejected
from gateway_providers.paypal.facts import EVENT_TYPES as PAYPAL_EVENTS
from gateway_providers.registration import Registering, WebhookRegistration
from gateway_providers.registry import PROVIDERS, connect
from gateway_providers.stripe.facts import EVENT_TYPES as STRIPE_EVENTS
from gateway_providers.stripe.http import API_VERSION

pytestmark = pytest.mark.integration

ENDPOINTS = "/v1/webhook_endpoints"
OTHER = "http://127.0.0.1:9/other"


async def register(at: Account, *, without: str = "") -> WebhookRegistration:
    """Register the address, on an account that lacks one of its secrets."""
    secrets = {name: value for name, value in at.account.secrets.items() if name != without}
    assert isinstance(at.connector, Registering)
    return await at.connector.register_webhook(replace(at.account, secrets=secrets), webhook_url=HOOK, timeout_s=30)


def bearer(at: Account, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {at.account.secrets[name]}"}


async def endpoints(at: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await at.ask("GET", ENDPOINTS, headers=bearer(at, "secretKey")))["data"]
    return found


async def webhooks(at: Account) -> list[dict[str, Any]]:
    """Webhooks of the account at PayPal."""
    pair = (at.account.public["clientId"], at.account.secrets["clientSecret"])
    token = await at.ask("POST", "/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=pair)
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    found: list[dict[str, Any]] = (await at.ask("GET", "/v1/notifications/webhooks", headers=headers))["webhooks"]
    return found


def test_what_a_provider_declares_is_what_its_connector_can() -> None:
    declared = {name for name, provider in PROVIDERS.items() if provider.registers_webhooks}
    assert declared == {name for name in PROVIDERS if isinstance(connect(name), Registering)}
    assert declared == {"stripe", "paypal", "wise"}


async def test_an_endpoint_at_stripe_is_made_with_its_events_and_its_secret() -> None:
    async with opened("stripe") as at:
        made = await register(at, without="webhookSecret")

        [endpoint] = await endpoints(at)
        assert made.is_new
        assert (made.secret or "").startswith("whsec_")
        assert (endpoint["url"], endpoint["api_version"]) == (HOOK, API_VERSION)
        assert set(endpoint["enabled_events"]) == set(STRIPE_EVENTS)


async def test_an_endpoint_at_stripe_whose_secret_we_have_is_brought_up_to_date() -> None:
    async with opened("stripe") as at:
        await register(at, without="webhookSecret")
        [first] = await endpoints(at)
        form = {"enabled_events[0]": "customer.created", "disabled": "true"}
        await at.ask("POST", f"{ENDPOINTS}/{first['id']}", data=form, headers=bearer(at, "secretKey"))

        again = await register(at)

        [endpoint] = await endpoints(at)
        assert again == WebhookRegistration(is_new=False)
        assert (endpoint["id"], endpoint["status"]) == (first["id"], "enabled")
        assert set(endpoint["enabled_events"]) == {"customer.created", *STRIPE_EVENTS}


async def test_an_endpoint_at_stripe_whose_secret_was_lost_is_replaced_and_others_stay() -> None:
    async with opened("stripe") as at:
        form = {"url": OTHER, "enabled_events[0]": "*"}
        await at.ask("POST", ENDPOINTS, data=form, headers=bearer(at, "secretKey"))
        first = await register(at, without="webhookSecret")

        second = await register(at, without="webhookSecret")

        assert second.is_new
        assert first.secret != second.secret
        assert sorted(endpoint["url"] for endpoint in await endpoints(at)) == sorted([HOOK, OTHER])


async def test_a_webhook_at_paypal_is_made_once_and_completed() -> None:
    async with opened("paypal") as at:
        made = await register(at)
        again = await register(at, without="webhookId")
        [webhook] = await webhooks(at)
        types = [{"name": name} for name in PAYPAL_EVENTS[1:]]
        body = {"client_id": at.account.public["clientId"], "webhook_id": webhook["id"], "url": HOOK}
        await at.ask("POST", "/_sim/webhook_endpoints", json={**body, "event_types": types})

        completed = await register(at)

        assert made == WebhookRegistration(is_new=True, secret=webhook["id"])
        assert again == completed == WebhookRegistration(is_new=False, secret=webhook["id"])
        [webhook] = await webhooks(at)
        assert {item["name"] for item in webhook["event_types"]} == set(PAYPAL_EVENTS)
        assert await at.faults(secrets=at.secrets(webhookId=webhook["id"])) == []


@pytest.mark.parametrize(
    ("is_granted", "event"),
    [(True, "incoming-transfer#credited"), (False, "account-details-payment#state-change")],
)
async def test_a_profile_at_wise_is_subscribed_once_to_what_it_may_read(event: str, *, is_granted: bool) -> None:
    async with opened("wise", **await profile_of("wise")) as at:
        await at.ask("POST", "/_sim/access", json={"api_token": SECRETS["wise"]["apiToken"], "granted": is_granted})

        made = [await register(at) for _ in range(2)]

        assert [each.is_new for each in made] == [True, False]
        assert [each.secret for each in made] == [None, None]
        path = f"/v3/profiles/{at.account.public['profileId']}/subscriptions"
        found = await at.ask("GET", path, headers=bearer(at, "apiToken"))
        assert [(item["trigger_on"], item["delivery"]["url"]) for item in found] == [(event, HOOK)]
        assert await at.faults() == []


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("stripe", ENDPOINTS),
        ("paypal", "/v1/notifications/webhooks"),
        ("wise", "/v3/profiles/*/subscriptions"),
    ],
)
async def test_a_key_that_may_not_register_is_refused(provider: str, path: str) -> None:
    async with opened(provider, **await profile_of(provider)) as at:
        await at.rule(403, "POST", path)
        with pytest.raises(Rejected) as refused:
            await register(at, without="webhookSecret")
        assert refused.value.code == "PROVIDER_REFUSED"
