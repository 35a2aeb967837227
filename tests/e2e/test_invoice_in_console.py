"""An invoice as a person of the shop makes it: written and issued in the console, and paid by its link."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from page_rig import fill_card
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from admin_api.console.visitor import ACCESS_COOKIE, SESSION_COOKIE
from admin_api.edge.dependencies import MODE_COOKIE, SELECTED_ORGANIZATION
from gateway_testkit.chromium import SHOWN_MS
from gateway_testkit.guide_shop import GuideShop, open_guide_shop
from gateway_testkit.people import PersonAtWork
from gateway_testkit.stack import REPOSITORY, Stack
from gateway_testkit.tenants import sign_up_people
from gateway_testkit.waiting import eventually

SCREENSHOTS = REPOSITORY / ".run" / "screenshots"


@asynccontextmanager
async def console_of(browser: Browser, shop: GuideShop, person: PersonAtWork, **options: Any) -> AsyncIterator[Page]:
    """The console of the shop's test mode, as this person sees it."""
    origin = shop.tenant.stack.descriptor["edge"]["adminFrontend"]
    cookies = {
        ACCESS_COOKIE: person.token,
        SESSION_COOKIE: person.cookie,
        MODE_COOKIE: "test",
        SELECTED_ORGANIZATION: shop.tenant.organization_id,
    }
    context = await browser.new_context(base_url=origin, ignore_https_errors=True, **{"locale": "en-GB"} | options)
    context.set_default_timeout(SHOWN_MS)
    await context.add_cookies(
        [{"name": name, "value": text, "url": f"{origin}/", "secure": True} for name, text in cookies.items()]
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def note(line: ConsoleMessage) -> None:
        # A document that is being made answers 503.
        if line.type == "error" and "503" not in line.text:
            complaints.append(line.text)

    page.on("console", note)
    yield page
    await context.close()
    assert complaints == []


async def look(page: Page, name: str) -> None:
    """Keep a picture."""
    await page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


async def write_a_draft(page: Page) -> None:
    await page.goto("/invoices/new")
    await page.locator("summary", has_text="Write the client yourself").click()
    await page.get_by_label("Company").first.fill("Example AG")
    await page.get_by_label("Street and number").first.fill("Main Street 1")
    await page.get_by_label("Postal code").first.fill("10115")
    await page.get_by_label("City").first.fill("Berlin")
    await page.get_by_label("Country").first.fill("DE")
    await page.get_by_label("Prices are").select_option("net")
    await page.get_by_label("Description").fill("Consulting")
    await page.get_by_label("Quantity").fill("2.5")
    await page.get_by_label("Unit price (EUR)").fill("100")
    await page.get_by_label("VAT rate (%)").first.fill("19")
    await expect(page.locator("#totals")).to_contain_text("€297.50")
    await look(page, "console-draft")
    await page.get_by_role("button", name="Save the draft").click()
    await page.wait_for_url("**?done=new")


async def act(page: Page, title: str) -> None:
    """Open an action of the page and send its form as it is."""
    summary = page.locator("summary", has_text=re.compile(rf"^\s*{title}\s*$"))
    await summary.click()
    await page.locator("details", has=summary).get_by_role("button", name=title, exact=True).click()


async def pay_by_card(browser: Browser, address: str) -> None:
    """As the client does it, on the payment page."""
    context = await browser.new_context(ignore_https_errors=True, locale="en-GB")
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_label("E-mail").fill("client@example.com")
    await page.get_by_role("radio", name="Card").check()
    await fill_card(page, "4242424242424242")
    await page.locator("#submit").click()
    await page.wait_for_url("**/result/**")
    await expect(page.locator(".result")).to_have_attribute("data-kind", "succeeded")
    await context.close()


async def test_an_invoice_is_written_issued_and_paid_by_its_link(stack: Stack, browser: Browser) -> None:
    async with open_guide_shop(stack) as shop:
        await sign_up_people(shop.tenant)
        person = shop.tenant.people["admin"]
        async with console_of(browser, shop, person) as page:
            await write_a_draft(page)
            await look(page, "console-draft-saved")
            await act(page, "Issue")
            await page.wait_for_url("**?done=issue")
            invoice = page.url.partition("?")[0]
            await expect(page.get_by_role("heading", level=1)).to_contain_text("Invoice ")

            await act(page, "Payment link")
            link = page.get_by_label("Payment link", exact=True)
            await expect(link).to_have_value(re.compile("^https://"))
            await look(page, "console-invoice-open")
            await pay_by_card(browser, await link.input_value())

            async def is_settled() -> bool:
                await page.goto(invoice)
                return "Settled" in await page.locator("main").inner_text()

            await eventually(is_settled)
            await look(page, "console-invoice-settled")
            await page.goto("/invoices?state=settled")
            await expect(page.get_by_role("row").nth(1)).to_contain_text("Example AG")

            async def is_printed() -> bool:
                # It is made again without the link that has done its work.
                begins = "async (path) => (await (await fetch(path)).text()).slice(0, 5)"
                return bool(await page.evaluate(begins, f"{invoice}/pdf") == "%PDF-")

            await eventually(is_printed)
        small: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark", "locale": "de-DE"}
        async with console_of(browser, shop, person, **small) as page:
            await page.goto(invoice)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 320
            await look(page, "console-invoice-320")
