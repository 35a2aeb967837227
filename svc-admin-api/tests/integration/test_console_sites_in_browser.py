"""Settings of shops in a real browser: small screens, German, dark mode, and the buttons that copy."""

from typing import Any

import pytest
from admin_world import Api
from console_browser import choose, console, keep_picture
from owned_objects import AT, ID
from playwright.async_api import expect

from gateway_contracts.requests import domains, provider
from gateway_testkit.chromium import CHROMIUM

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
STRIPE = {
    "type": "stripe",
    "label": "Cards",
    "publishableKey": "pk_live_abcdefgh12345678",
    "secretKey": "sk_live_abcdefgh12345678",
}
JANE = {
    "email": "jane@example.com",
    "name": "Jane Doe",
    "address": {"line1": "Main Street 1", "postalCode": "10115", "city": "Berlin", "country": "DE"},
}


async def shop(api: Api) -> list[str]:
    """A shop with one of everything; the paths of its pages."""
    key = await api.key(await api.organization(), livemode=True)
    made = [
        f"{path}/{(await api.ask('POST', path, key, body)).json()['id']}"
        for path, body in (("/sites", {"name": "Tea shop"}), ("/providers", STRIPE), ("/clients", JANE))
    ]
    record = domains.DomainRecord(
        id=ID,
        name="pay.a-very-long-name-of-a-tea-shop.example",
        site_id=ID,
        state="pending",
        cname_target="checkout.gateway.example",
        problem="pay.a-very-long-name-of-a-tea-shop.example does not exist in DNS yet",
        created_at=AT,
        checked_at=AT,
    )
    api.owners.answers[domains.GET_DOMAIN.subject] = lambda _: record
    checks = (
        provider.ProviderCheck(check="credentials", result="passed", message="Stripe accepts secretKey."),
        provider.ProviderCheck(
            check="webhook", result="failed", code="WEBHOOK_NOT_REGISTERED", message="No webhook is registered."
        ),
    )
    api.owners.answers[provider.CHECK_PROVIDER.subject] = lambda _: provider.ProviderChecks(checks=checks)
    return [*made, f"/domains/{ID}", "/sites/new", "/providers/new", "/providers/new/wise", "/setup"]


SCREENS: list[dict[str, Any]] = [
    {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark", "locale": "de-DE"},
    {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light", "locale": "en-GB"},
]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(SCREENS[0], id="small-dark-german"),
        pytest.param(SCREENS[1], id="wide-light-english", marks=pytest.mark.nightly),
    ],
)
async def test_every_page_fits_and_loads_without_a_complaint(owned: Api, options: dict[str, Any]) -> None:
    paths = await shop(owned)
    width = options["viewport"]["width"]
    async with console(owned, **options) as (page, complaints):
        await choose(page)
        origin = page.url.removesuffix("/payments")
        for path in paths:
            await page.goto(origin + path)
            for summary in await page.locator("details.action > summary").all():
                await summary.click()
            await keep_picture(page, f"sites-{width}{path.replace('/', '-')}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert complaints == []


async def test_a_connection_is_tested_and_the_address_for_webhooks_copied(owned: Api) -> None:
    paths = await shop(owned)
    async with console(owned, permissions=["clipboard-read", "clipboard-write"]) as (page, complaints):
        await choose(page)
        await page.goto(page.url.removesuffix("/payments") + paths[1])
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == f"https://hooks.example/hooks/stripe/{paths[1].rsplit('/', 1)[-1]}"

        await page.locator("summary", has_text="Test the connection").click()
        await page.get_by_role("button", name="Test the connection").click()

        await expect(page.get_by_text("WEBHOOK_NOT_REGISTERED")).to_be_visible()
        await keep_picture(page, "sites-tested")
        assert complaints == []
