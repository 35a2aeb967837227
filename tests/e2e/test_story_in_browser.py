"""The same story as a customer sees it: the hosted page in Chromium, through Caddy, with TLS."""

from playwright.async_api import Page, expect

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import Checkout, create_checkout, invoices_of
from gateway_testkit.stack import REPOSITORY, Stack

SCREENSHOTS = REPOSITORY / ".run" / "screenshots"
EXPIRY, CODE = "12 / 34", "123"


async def open_checkout(page: Page, stack: Stack, merchant: Merchant) -> Checkout:
    checkout = await create_checkout(stack, merchant.url, returnUrl=merchant.return_url)
    assert checkout.payment_url.startswith(stack.descriptor["edge"]["mainFrontend"])
    await page.goto(checkout.payment_url)
    return checkout


async def fill_card(page: Page, number: str) -> None:
    frame = page.frame_locator("[data-card] iframe").first
    await frame.get_by_label("Card number").fill(number)
    await frame.get_by_label("Expiration date").fill(EXPIRY)
    await frame.get_by_label("Security code").fill(CODE)


async def pay(page: Page, number: str = "4242424242424242") -> None:
    await page.get_by_role("radio", name="Card").check()
    await fill_card(page, number)
    await page.locator("#submit").click()


def transaction_id(page: Page) -> str:
    return page.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]


async def look(page: Page, name: str) -> None:
    """Keep a picture for readers who want to see what the customer saw."""
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def test_the_page_shows_what_is_bought(page: Page, stack: Stack, merchant: Merchant) -> None:
    await open_checkout(page, stack, merchant)

    await expect(page.get_by_text("Annual plan")).to_be_visible()
    await expect(page.get_by_text("3 × €3.00")).to_be_visible()
    await expect(page.locator(".due")).to_have_text("€49.00")
    offered = stack.descriptor["demo"]["providers"]
    await expect(page.get_by_role("radio")).to_have_count(len(offered))
    await look(page, "checkout")


async def test_a_card_pays_and_the_result_page_changes_by_itself(page: Page, stack: Stack, merchant: Merchant) -> None:
    await open_checkout(page, stack, merchant)
    await pay(page)

    await page.wait_for_url("**/result/**")
    result = page.locator(".result")
    await expect(result).to_have_attribute("data-kind", "succeeded")
    link = page.locator(".documents a")
    await expect(link).to_be_visible()
    await look(page, "result")
    paid = transaction_id(page)
    head = "element => fetch(element.href).then(answer => answer.text()).then(text => text.slice(0, 5))"
    assert await link.evaluate(head) == "%PDF-"
    await merchant.notification(paid, 1)
    assert len(await invoices_of(stack, paid)) == 1

    await page.locator("#return").click()
    await expect(page.get_by_text(f"Thank you for {paid}")).to_be_visible()


async def test_a_declined_card_is_shown_and_another_one_pays(page: Page, stack: Stack, merchant: Merchant) -> None:
    await open_checkout(page, stack, merchant)
    await pay(page, "4000000000009995")

    await expect(page.locator("#error")).to_contain_text("insufficient funds", ignore_case=True)
    await look(page, "declined")
    await fill_card(page, "4242424242424242")
    await page.locator("#submit").click()
    await expect(page.locator(".result")).to_have_attribute("data-kind", "succeeded")


async def test_a_bank_that_wants_3d_secure(page: Page, stack: Stack, merchant: Merchant) -> None:
    await open_checkout(page, stack, merchant)
    await pay(page, "4000000000003220")

    await expect(page.get_by_role("heading", name="3-D Secure")).to_be_visible()
    await page.get_by_role("button", name="Complete").click()
    await expect(page.locator(".result")).to_have_attribute("data-kind", "succeeded")


async def test_a_bank_transfer_shows_where_the_money_goes(page: Page, stack: Stack, merchant: Merchant) -> None:
    await open_checkout(page, stack, merchant)
    await page.get_by_role("radio", name="Bank transfer").check()
    await page.locator("#submit").click()

    await expect(page.locator("[data-field=iban]")).to_be_visible()
    await expect(page.locator("[data-field=reference]")).to_contain_text("RF")
    await expect(page.locator(".code svg")).to_be_visible()
    await look(page, "wire")
    await page.locator("#transfer-sent").click()
    await expect(page.locator(".result")).to_have_attribute("data-kind", "wire_waiting")
    await merchant.notification(transaction_id(page), 0)
