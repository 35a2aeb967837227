"""The event stream's page in a real browser: live, paused, filtered, copied."""

from dataclasses import replace
from typing import Any

import pytest
from admin_world import Api
from console_browser import choose, console, keep_picture
from events_world import MemoryLog, an_event, events_over
from playwright.async_api import Page, expect

from gateway_testkit.chromium import CHROMIUM

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


async def open_events(page: Page, query: str = "") -> None:
    await page.goto("/".join(page.url.split("/")[:3]) + "/events" + query)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"viewport": {"width": 1200, "height": 800}}, id="wide", marks=pytest.mark.nightly),
        pytest.param(
            {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark", "locale": "de-DE"}, id="small"
        ),
    ],
)
async def test_the_stream_is_followed_paused_and_resumed(owned: Api, options: dict[str, Any]) -> None:
    organization = await owned.organization()
    log = MemoryLog()
    owned.deps = replace(owned.deps, events=events_over(log))

    def publish(kind: str, **changes: Any) -> str:
        return log.publish(an_event(kind, organization, livemode=True, **changes))

    publish("invoice.issued.v1")
    permissions = ["clipboard-read", "clipboard-write"]
    async with console(owned, permissions=permissions, **options) as (page, complaints):
        await choose(page)
        await open_events(page)
        rows = page.locator(".events > li")
        await expect(rows).to_have_count(1)
        await expect(page.locator("[data-is=live]")).to_be_visible()

        publish("transaction.succeeded.v1")
        await expect(rows).to_have_count(2)
        await expect(rows.first).to_contain_text("transaction.succeeded.v1")

        await page.locator("[data-toggle]").click()
        await expect(page.locator("[data-is=paused]")).to_be_visible()
        missed = [publish("domain.activated.v1"), publish("domain.removed.v1")]
        await page.locator("[data-toggle]").click()
        await expect(rows).to_have_count(4)

        await rows.first.locator("summary").click()
        await expect(rows.first.locator("pre")).to_contain_text(f'"id": "{missed[-1]}"')
        await keep_picture(page, f"events-{options['viewport']['width']}")
        await rows.first.locator("[data-copy]").click()
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == await rows.first.locator("pre").text_content()
        assert await page.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]
        assert complaints == []


async def test_a_long_stream_keeps_a_bounded_number_of_rows(owned: Api) -> None:
    organization = await owned.organization()
    log = MemoryLog()
    owned.deps = replace(owned.deps, events=events_over(log))
    async with console(owned) as (page, _):
        await choose(page)
        await open_events(page, "?type=ipn.*")
        await expect(page.locator("[data-empty]")).to_be_visible()
        await expect(page.locator("[data-is=live]")).to_be_visible()

        for _ in range(230):
            last = log.publish(an_event("ipn.delivered.v1", organization, livemode=True))

        await expect(page.locator(".events > li").first.locator("pre")).to_contain_text(last)
        await expect(page.locator(".events > li")).to_have_count(200)
        await expect(page.locator("[data-empty]")).to_have_count(0)
        await keep_picture(page, "events-filtered")


async def test_a_lost_place_and_a_session_that_is_over_are_said(owned: Api) -> None:
    organization = await owned.organization()
    log = MemoryLog()
    owned.deps = replace(owned.deps, events=events_over(log))
    async with console(owned) as (page, _):
        await choose(page)
        log.publish(an_event("invoice.issued.v1", organization, livemode=True))
        await open_events(page)
        await expect(page.locator("[data-is=live]")).to_be_visible()

        await page.locator("[data-toggle]").click()
        log.streams["INVOICES"].epoch += 1
        await page.locator("[data-toggle]").click()
        await expect(page.locator("[data-missing]")).to_be_visible()
        await expect(page.locator("[data-is=live]")).to_be_visible()

        await page.locator("[data-toggle]").click()
        await page.context.clear_cookies()
        await page.locator("[data-toggle]").click()
        await expect(page.locator("[data-is=over]")).to_be_visible()
