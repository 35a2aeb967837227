"""Connection tests against the simulators: each fault has its code, and no text repeats a secret."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from account_rig import HOOK, SECRETS, opened, profile_of

from gateway_embedded.servers.process import free_port
from gateway_providers.paypal.facts import EVENT_TYPES as PAYPAL_EVENTS
from gateway_providers.ports import Checkable, ProviderAccount
from gateway_providers.registry import PROVIDERS, connect
from gateway_providers.stripe.facts import EVENT_TYPES
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

CREDENTIAL = {
    "stripe": "secretKey",
    "mollie": "apiKey",
    "gocardless": "accessToken",
    "paypal": "clientSecret",
    "wise": "apiToken",
}
# What no simulator accepts as the account's credential.
WRONG = {
    "stripe": "nonsense",
    "mollie": "nonsense",
    "gocardless": "nonsense",
    "paypal": "another-secret",
    "wise": "nonsense",
}
CHECKED = sorted(CREDENTIAL)


def test_every_provider_that_is_called_can_be_tested() -> None:
    assert [name for name in sorted(PROVIDERS) if isinstance(connect(name), Checkable)] == CHECKED


@pytest.mark.parametrize("provider", CHECKED)
async def test_a_wrong_key_is_named(provider: str) -> None:
    async with opened(provider) as at:
        wrong = at.secrets(**{CREDENTIAL[provider]: WRONG[provider]})

        faults = await at.faults(secrets=wrong)

        assert faults == [("failed", "CREDENTIALS_REFUSED", CREDENTIAL[provider])]


@pytest.mark.parametrize("provider", CHECKED)
async def test_an_unreachable_provider_is_distinguished(provider: str) -> None:
    connector = connect(provider, f"http://127.0.0.1:{free_port()}")
    assert isinstance(connector, Checkable)
    public = {"clientId": "client"} if provider == "paypal" else {}
    account = ProviderAccount("a", "o", provider, livemode=False, public=public, secrets=SECRETS[provider])

    [check] = await connector.check_account(account, webhook_url=HOOK, timeout_s=5)

    await connector.aclose()
    assert (check.check, check.result, check.code) == ("connection", "failed", "PROVIDER_UNREACHABLE")


async def test_a_provider_that_hangs_is_left_at_the_deadline() -> None:
    async def is_left(provider: str) -> None:
        async with opened(provider) as at:
            rule = {"kind": "api_timeout", "seconds": 5, "times": 0, "applied": False}
            await at.ask("POST", "/_sim/rules", json=rule)
            began = asyncio.get_running_loop().time()

            checks = await at.connector.check_account(at.account, webhook_url=HOOK, timeout_s=1)

            assert checks[-1].code == "PROVIDER_UNREACHABLE"
            assert asyncio.get_running_loop().time() - began < 4

    # All at once: the end of each simulator waits for what hangs.
    await asyncio.gather(*(is_left(provider) for provider in CHECKED))


@pytest.mark.parametrize("provider", CHECKED)
async def test_no_text_repeats_a_secret(provider: str) -> None:
    async with opened(provider) as at:
        wrong = at.secrets(**{CREDENTIAL[provider]: WRONG[provider]})
        checks = (*await at.checks(), *await at.checks(secrets=wrong))

        texts = " ".join(check.message for check in checks)
        assert texts
        assert not [secret for secret in {*at.account.secrets.values(), WRONG[provider]} if secret in texts]


@pytest.mark.parametrize(
    ("provider", "method", "path", "permission"),
    [
        ("stripe", "GET", "/v1/balance", "read Balance"),
        ("stripe", "GET", "/v1/charges", "read Charges"),
        ("stripe", "GET", "/v1/disputes", "read Disputes"),
        ("stripe", "GET", "/v1/payment_intents", "read PaymentIntents"),
        ("stripe", "POST", "/v1/payment_intents", "write PaymentIntents"),
        ("stripe", "POST", "/v1/refunds", "write Refunds"),
        ("gocardless", "GET", "/creditors", "read access"),
        ("gocardless", "POST", "/billing_requests/*", "write access"),
        ("paypal", "POST", "/v2/checkout/orders", "take payments"),
    ],
)
async def test_a_missing_permission_is_named(provider: str, method: str, path: str, permission: str) -> None:
    async with opened(provider) as at:
        await at.rule(403, method, path)

        checks = [check for check in await at.checks() if check.code == "PERMISSION_MISSING"]

        assert [(check.result, check.field) for check in checks] == [("failed", CREDENTIAL[provider])]
        assert permission in checks[0].message


@pytest.mark.parametrize(
    ("provider", "credential"), [("stripe", "sk_live_connection"), ("mollie", "live_connection_key")]
)
async def test_a_key_of_the_other_mode_is_named(provider: str, credential: str) -> None:
    async with opened(provider) as at:
        faults = await at.faults(secrets=at.secrets(**{CREDENTIAL[provider]: credential}))

        assert faults == [("failed", "CREDENTIALS_OF_OTHER_MODE", CREDENTIAL[provider])]


@pytest.mark.parametrize("provider", ["stripe", "paypal", "wise"])
async def test_a_webhook_that_is_not_registered_is_named(provider: str) -> None:
    async with opened(provider, **await profile_of(provider)) as at:
        secrets = {name: value for name, value in at.account.secrets.items() if name != "webhookId"}

        assert ("failed", "WEBHOOK_NOT_REGISTERED", None) in await at.faults(secrets=secrets)


@pytest.mark.parametrize(("provider", "path"), [("stripe", "/v1/webhook_endpoints"), ("gocardless", "/webhooks")])
async def test_a_key_that_may_not_see_webhooks_is_no_fault(provider: str, path: str) -> None:
    async with opened(provider) as at:
        await at.rule(403, "GET", path)

        faults = await at.faults()

        assert ("unknown", "WEBHOOK_NOT_READABLE", None) in faults
        assert not [fault for fault in faults if fault[0] == "failed"]


async def test_the_endpoint_at_stripe_is_compared() -> None:
    async with opened("stripe") as at:
        key = {"Authorization": f"Bearer {at.account.secrets['secretKey']}"}

        async def endpoint(path: str = "", **form: str) -> str:
            events = {f"enabled_events[{index}]": name for index, name in enumerate(EVENT_TYPES)}
            form = form if path else {"url": HOOK, **events, **form}
            return str((await at.ask("POST", f"/v1/webhook_endpoints{path}", data=form, headers=key))["id"])

        made = await endpoint()
        unproven = ("unknown", "WEBHOOK_SECRET_UNPROVEN", "webhookSecret")
        assert await at.faults() == [unproven]
        await endpoint(f"/{made}", **{"enabled_events[0]": "charge.succeeded"})
        assert await at.faults() == [("failed", "WEBHOOK_EVENTS_MISSING", None), unproven]
        await endpoint(f"/{made}", **{"enabled_events[0]": "*"})
        assert await at.faults() == [unproven]
        await endpoint(f"/{made}", disabled="true")
        assert await at.faults() == [("failed", "WEBHOOK_DISABLED", None), unproven]


async def test_an_endpoint_of_another_family_of_versions_is_noted() -> None:
    async with opened("stripe") as at:
        form = {"url": HOOK, "enabled_events[0]": "*", "api_version": "2026-04-22.dahlia"}
        key = {"Authorization": f"Bearer {at.account.secrets['secretKey']}"}
        await at.ask("POST", "/v1/webhook_endpoints", data=form, headers=key)

        assert ("unknown", "WEBHOOK_VERSION_DIFFERS", None) in await at.faults()


async def test_the_webhook_at_paypal_proves_its_id() -> None:
    async with opened("paypal") as at:

        async def register(url: str, events: tuple[str, ...]) -> None:
            types = [{"name": name} for name in events]
            body = {"client_id": "client-of-connection", "webhook_id": "WH123", "url": url, "event_types": types}
            await at.ask("POST", "/_sim/webhook_endpoints", json=body)

        assert await at.faults() == [("failed", "WEBHOOK_SECRET_WRONG", "webhookId")]
        await register("http://127.0.0.1:9/other", PAYPAL_EVENTS)
        assert await at.faults() == [("failed", "WEBHOOK_ADDRESS_DIFFERS", "webhookId")]
        await register(HOOK, PAYPAL_EVENTS[1:])
        assert await at.faults() == [("failed", "WEBHOOK_EVENTS_MISSING", None)]
        await register(HOOK, PAYPAL_EVENTS)
        assert await at.faults() == []
        assert [each.check for each in await at.checks()] == ["credentials", "permissions", "webhook", "webhookSecret"]
        assert await at.faults(secrets={"clientSecret": SECRETS["paypal"]["clientSecret"]}) == []


async def test_the_last_webhook_of_gocardless_proves_its_secret() -> None:
    async with opened("gocardless") as at:
        token = at.account.secrets["accessToken"]
        endpoint = {"id": "WE1", "access_token": token, "url": HOOK, "secret": SECRETS["gocardless"]["webhookSecret"]}
        assert await at.faults() == [("unknown", "WEBHOOK_NOT_READABLE", None)]
        await at.ask("POST", "/_sim/webhook_endpoints", json=endpoint)
        event = {"resource_type": "mandates", "action": "created"}
        await at.ask("POST", "/_sim/events", json={"access_token": token, "events": [event]})

        await eventually(lambda: _is(at.faults, []))
        await at.ask("POST", "/_sim/webhook_endpoints", json=endpoint | {"secret": "another"})
        assert await at.faults() == [("failed", "WEBHOOK_SECRET_WRONG", "webhookSecret")]


async def test_a_profile_and_events_at_wise_are_compared() -> None:
    async with opened("wise", **await profile_of("wise")) as at:
        token = at.account.secrets["apiToken"]

        async def subscribe(name: str) -> None:
            body = {"api_token": token, "name": name, "trigger_on": name, "url": HOOK}
            await at.ask("POST", "/_sim/subscriptions", json=body)

        assert await at.faults(public={"profileId": "1"}) == [("failed", "ACCOUNT_UNKNOWN", "profileId")]
        await subscribe("account-details-payment#state-change")
        await at.ask("POST", "/_sim/access", json={"api_token": token, "granted": False})
        assert await at.faults() == []
        await subscribe("incoming-transfer#credited")
        assert await at.faults() == [
            ("failed", "WEBHOOK_EVENTS_TWICE", None),
            ("failed", "PERMISSION_MISSING", "apiToken"),
        ]
        await at.ask("POST", "/_sim/access", json={"api_token": token, "granted": True})
        assert await at.faults() == [("failed", "WEBHOOK_EVENTS_TWICE", None)]


async def test_another_profile_at_mollie_is_named() -> None:
    async with opened("mollie") as at:
        assert await at.faults(secrets={"apiKey": SECRETS["mollie"]["apiKey"]}) == []
        assert ("failed", "ACCOUNT_UNKNOWN", "profileId") in await at.faults(public={"profileId": "pfl_other"})
        assert ("unknown", "WEBHOOK_SECRET_UNPROVEN", "webhookSecret") in await at.faults()


async def test_an_unset_address_of_our_own_is_no_fault_of_the_merchant() -> None:
    async with opened("stripe") as at:
        checks = await at.connector.check_account(at.account, webhook_url="", timeout_s=30)

        assert ("webhook", "unknown") in [(check.check, check.result) for check in checks]


async def _is(read: Callable[[], Any], wanted: Any) -> bool:
    return bool(await read() == wanted)
