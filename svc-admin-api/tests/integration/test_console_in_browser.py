"""The console in a real browser: passkeys, its strict policy, small screens, keyboard."""

import pytest
from admin_world import Api
from browser_rig import page_with_authenticator, served
from console_browser import choose, console, keep_picture
from owned_objects import ID
from playwright.async_api import expect

from gateway_testkit.chromium import CHROMIUM

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]
PAGES = (
    "/",
    "/payments",
    f"/payments/{ID}",
    f"/why/{ID}",
    "/cases",
    "/invoices",
    "/clients",
    "/sites",
    "/members",
    "/audit",
    "/organizations",
    "/operations",
    "/operations/dead-letters?worker=ipn-on-transactions",
    "/operations/dead-letters/7",
    "/settings",
    "/settings/invoicing",
    "/settings/encryption",
    "/api-keys/new",
    "/account",
)


async def test_an_operator_registers_signs_out_and_in_again(owned: Api) -> None:
    await owned.organization()
    async with console(owned) as (page, complaints):
        await choose(page)
        await expect(page.get_by_role("heading", name="Payments", level=1)).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url("**/sign-in")

        await page.goto(page.url.replace("/sign-in", "/cases"))
        await page.wait_for_url("**/sign-in?next=%2Fcases")
        await page.get_by_role("button", name="Sign in with a passkey").click()

        await page.wait_for_url("**/cases")
        assert await page.evaluate("document.cookie") == ""
        assert complaints == []


async def test_a_passkey_that_is_not_accepted_says_so(owned: Api) -> None:
    async with served(owned) as (origin, _), page_with_authenticator(origin) as page:
        await page.goto(f"{origin}/register#not-a-token-of-anyone")
        await page.locator("[data-start]").click()
        await expect(page.get_by_role("alert")).not_to_be_empty()
        assert page.url.startswith(f"{origin}/register")


async def test_test_and_live_cannot_be_confused(owned: Api) -> None:
    await owned.organization()
    async with console(owned) as (page, _):
        await choose(page)
        border = "getComputedStyle(document.body).borderTopColor + getComputedStyle(document.body).borderTopStyle"
        live = await page.evaluate(border)
        await expect(page.locator(".badge")).to_have_text("Live")
        await page.get_by_role("button", name="Switch to test").click()
        await expect(page.locator(".badge")).to_have_text("Test")
        assert await page.evaluate(border) != live


async def test_a_search_by_keyboard_keeps_its_text(owned: Api) -> None:
    await owned.organization()
    async with console(owned) as (page, complaints):
        await choose(page)
        await page.get_by_role("searchbox").focus()
        await page.keyboard.type("order-77")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/payments?q=order-77*")
        await expect(page.get_by_role("searchbox")).to_have_value("order-77")
        assert complaints == []


async def test_a_payment_is_refunded_by_keyboard(owned: Api) -> None:
    await owned.organization()
    async with console(owned) as (page, complaints):
        await choose(page)
        await page.get_by_role("link", name="Show").click()
        await page.wait_for_url(f"**/payments/{ID}")
        await page.locator(f"details:has(> form[action='/payments/{ID}/refund']) > summary").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await page.keyboard.type("0,999")
        await page.keyboard.press("Enter")
        await expect(page.locator("#refund-amount")).to_have_attribute("aria-invalid", "true")
        await expect(page.locator("#refund-amount")).to_have_value("0,999")
        # A refused form is a page with status 422, which the browser notes as an error of the network.
        assert [text for text in complaints if "Content Security Policy" in text] == []


async def test_a_second_passkey_is_added_and_a_key_is_copied(owned: Api) -> None:
    await owned.organization()
    permissions = ["clipboard-read", "clipboard-write"]
    async with console(owned, permissions=permissions) as (page, complaints):
        await choose(page)
        origin = page.url.removesuffix("/payments")
        await page.goto(f"{origin}/account")
        await page.locator("summary", has_text="Add a passkey").click()
        # The rig's authenticator holds one passkey of a person already, and refuses a second one.
        await page.get_by_label("Name of this passkey").last.fill("Phone")
        await page.get_by_role("button", name="Create the passkey").click()
        await expect(page.get_by_role("alert")).to_have_text("The passkey was not created. Try again.")

        await page.goto(f"{origin}/api-keys/new")
        await page.get_by_label("Label").fill("Shop server")
        await page.get_by_label("site:read").check()
        await page.get_by_role("button", name="New API key").click()
        await page.get_by_role("button", name="Copy").click()
        await expect(page.get_by_role("button", name="Copied")).to_be_visible()
        text = await page.evaluate("navigator.clipboard.readText()")
        assert text == await page.get_by_label("API key").input_value()
        assert complaints == []


@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.nightly), "dark"])
async def test_nothing_overflows_a_small_screen(owned: Api, scheme: str) -> None:
    await owned.organization()
    options = {"viewport": {"width": 320, "height": 640}, "color_scheme": scheme}
    async with console(owned, **options) as (page, complaints):
        await choose(page)
        for path in PAGES:
            await page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + path)
            await keep_picture(page, f"{scheme}-320{path.replace('/', '-')}")
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 320, path
        assert complaints == []


async def test_the_menu_of_a_small_screen_is_folded_and_opens_by_keyboard(owned: Api) -> None:
    await owned.organization()
    async with console(owned, viewport={"width": 320, "height": 640}) as (page, complaints):
        await choose(page)
        menu, link = page.locator("nav summary"), page.locator("nav.small a", has_text="Cases")
        await expect(menu).to_have_text("Menu: Payments")
        await expect(link).to_be_hidden()
        await menu.focus()
        await page.keyboard.press("Enter")
        await expect(link).to_be_visible()
        await page.set_viewport_size({"width": 1200, "height": 800})
        await expect(menu).to_be_hidden()
        await expect(page.locator("nav:visible")).to_have_count(1)
        assert complaints == []


async def test_every_page_loads_in_german_without_a_complaint(owned: Api) -> None:
    await owned.organization()
    async with console(owned, locale="de-DE", viewport={"width": 1200, "height": 800}) as (page, complaints):
        await choose(page)
        origin = page.url.removesuffix("/payments")
        for path in PAGES:
            answer = await page.goto(origin + path)
            assert answer is not None
            assert answer.status == 200, path
            await expect(page.locator("html")).to_have_attribute("lang", "de")
            await keep_picture(page, f"de-1200{path.replace('/', '-')}")
        assert complaints == []
