"""The hosted pages in a real browser, with the simulator's card form behind the pages' own security policy."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from checkout_world import MakeWorld, World
from page_rig import fill_card, served, with_public_key
from playwright.async_api import Browser, Page, expect

from gateway_contracts.requests.customer import BankDetails
from gateway_embedded.servers.process import free_port
from gateway_testkit.nightly import IS_NIGHTLY
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

EPC = "BCD\n002\n1\nSCT\n\nExample Shop GmbH\nDE89370400440532013000\nEUR49.00\n\nRF18539007547034"


async def test_card_payment_ends_on_a_result_page_that_shows_the_invoice_by_itself(
    shop: tuple[Any, str], page: Page
) -> None:
    world, origin = shop
    session = with_public_key(world)
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await fill_card(page, "4242424242424242")

    await page.get_by_role("button", name="Pay €49.00").click()
    await expect(page.get_by_role("heading", name="your payment has arrived")).to_be_visible()
    await expect(page.get_by_text("invoice")).to_have_count(0)

    world.owners.add_document(session)
    await world.nudge(page.url.rsplit("/", 1)[1])
    link = page.get_by_role("link", name="Open PDF")
    await expect(link).to_be_visible()
    pdf = await page.request.get(origin + (await link.get_attribute("href") or ""))
    assert (await pdf.body()).startswith(b"%PDF-")
    await page.get_by_role("link", name="Return to Example Shop").click()
    await expect(page.get_by_text("the shop")).to_be_visible()


async def test_declined_card_can_be_retried_without_reload(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = with_public_key(world)
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await fill_card(page, "4000000000009995")
    await page.get_by_role("button", name="Pay €49.00").click()
    await expect(page.get_by_role("alert")).to_contain_text("insufficient funds")

    await fill_card(page, "4242424242424242")
    await page.get_by_role("button", name="Pay €49.00").click()
    await expect(page.get_by_role("heading", name="your payment has arrived")).to_be_visible()
    assert len(world.owners.requests("public_create_transaction")) == 2


SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries()) for (const {node, previousRect, currentRect} of shift.sources)
    window.shifts.push({at: shift.startTime, what: node?.outerHTML ?? node?.textContent, previousRect, currentRect});
}).observe({type: "layout-shift", buffered: true});"""
# The last thing that the card form does when it arrives: it says how high it is.
CARD_HAS_ITS_HEIGHT = (
    "![undefined, '', '300px'].includes(document.querySelector('.StripeElement iframe')?.style.height)"
)
TWO_PICTURES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"


@pytest.mark.parametrize(
    ("width", "locale"), itertools.product((320, 390, 1280), ("en-GB", "de-DE")) if IS_NIGHTLY else [(320, "de-DE")]
)
async def test_nothing_moves_when_the_card_form_arrives(
    shop: tuple[Any, str], page: Page, width: int, locale: str
) -> None:
    world, origin = shop
    session = with_public_key(world, email=None, locale=locale)
    await page.add_init_script(SHIFTS)
    await page.set_viewport_size({"width": width, "height": 1400})
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await page.wait_for_function(CARD_HAS_ITS_HEIGHT)
    await page.evaluate(TWO_PICTURES)

    assert await page.evaluate("window.shifts") == []


async def test_nothing_moves_while_a_press_lasts(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = with_public_key(world)
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await fill_card(page, "4242424242424242")
    card = page.frame_locator("iframe[title='Secure payment input frame']")
    await card.locator("[autocomplete='cc-csc']").fill("1")
    button, frame = page.get_by_role("button", name="Pay €49.00"), page.locator(".StripeElement iframe")
    before = await frame.bounding_box()

    await button.hover()
    aimed_at = await button.bounding_box()
    await page.mouse.down()
    await expect(card.locator("#cvc-error")).to_be_visible()
    await page.evaluate(TWO_PICTURES)
    assert await button.bounding_box() == aimed_at
    await page.mouse.up()

    await expect(page.get_by_role("alert")).to_contain_text("security code")
    grown = await frame.bounding_box()
    assert before
    assert grown
    assert grown["height"] > before["height"]
    place = await page.locator(".card-fields").bounding_box()
    assert place
    assert place["height"] >= grown["height"]


@pytest.mark.parametrize(
    ("choice", "heading"),
    [("Complete", "your payment has arrived"), ("Fail", "was not successful")],
)
async def test_three_d_secure_detour_comes_back_to_the_result(
    shop: tuple[Any, str], page: Page, choice: str, heading: str
) -> None:
    world, origin = shop
    session = with_public_key(world)
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await fill_card(page, "4000002760003184")
    await page.get_by_role("button", name="Pay €49.00").click()

    await page.get_by_role("button", name=choice).click()
    await expect(page.get_by_role("heading", name=heading)).to_be_visible()


async def test_incomplete_card_is_refused_before_anything_is_created(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = with_public_key(world)
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await fill_card(page, "4242")
    await page.get_by_role("button", name="Pay €49.00").click()

    await expect(page.get_by_role("alert")).to_be_visible()
    assert world.owners.requests("public_create_transaction") == []


async def test_missing_email_is_asked_for_before_paying(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = with_public_key(world, email=None, name=None)
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await fill_card(page, "4242424242424242")
    await page.get_by_label("E-mail").fill("nonsense")
    await page.get_by_role("button", name="Pay €49.00").click()
    await expect(page.get_by_role("alert")).to_contain_text("e-mail address")
    await expect(page.get_by_label("E-mail")).to_be_focused()
    await expect(page.get_by_label("E-mail")).to_have_accessible_description(re.compile("Enter an e-mail address"))

    await page.get_by_label("E-mail").fill("buyer@example.com")
    await page.get_by_label("Name").fill("Ada Buyer")
    await page.get_by_role("button", name="Pay €49.00").click()
    await expect(page.get_by_role("heading", name="your payment has arrived")).to_be_visible()
    billing = world.owners.requests("public_create_transaction")[0].billing
    assert (billing.email, billing.name) == ("buyer@example.com", "Ada Buyer")


async def test_an_email_that_only_the_server_refuses_is_marked_at_its_field(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = with_public_key(world, email=None, name="Ada Buyer")
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await fill_card(page, "4242424242424242")
    # Browsers take a host without a dot.
    await page.get_by_label("E-mail").fill("ada@localhost")
    await page.get_by_role("button", name="Pay €49.00").click()
    await expect(page.get_by_label("E-mail")).to_have_accessible_description(re.compile("Enter an e-mail address"))
    await expect(page.get_by_label("E-mail")).to_be_focused()
    assert world.owners.requests("public_create_transaction") == []

    await page.get_by_label("E-mail").fill("ada@example.com")
    await page.get_by_role("button", name="Pay €49.00").click()
    await expect(page.get_by_role("heading", name="your payment has arrived")).to_be_visible()


async def test_wire_transfer_shows_details_and_is_marked_as_sent_by_keyboard(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    world.owners.started = None
    session = with_public_key(world)
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await page.get_by_role("radio", name="Card").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Please transfer the amount")).to_be_visible()
    await expect(page.get_by_text("RF18 5390 0754 7034")).to_be_visible()
    await page.get_by_role("button", name="Copy: IBAN").click()
    # A press is answered before the text has reached the clipboard.
    await eventually(lambda: is_copied(page, "DE89370400440532013000"))
    await page.get_by_role("button", name="I have sent the transfer").click()
    await expect(page.get_by_role("heading", name="waiting for your transfer")).to_be_visible()


async def is_copied(page: Page, text: str) -> bool:
    return bool(await page.evaluate("navigator.clipboard.readText()") == text)


async def test_waiting_page_notices_the_receipt(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = with_public_key(world)
    bank = BankDetails(
        account_holder="Example Shop GmbH", iban="DE89370400440532013000", reference="RF18 5390 0754 7034",
        amount=4900, currency="EUR", epc_qr=EPC,
    )  # fmt: skip
    view = world.owners.add_view(session, provider_type="wire", bank_details=bank, transfer_sent=True)
    await page.goto(f"{origin}/checkout/{session.short_code}/result/{view.id}")
    await expect(page.get_by_role("heading", name="waiting for your transfer")).to_be_visible()

    world.owners.change(view.id, status="succeeded", checkout_status="completed")
    await world.nudge(view.id)
    await expect(page.get_by_role("heading", name="your payment has arrived")).to_be_visible()


def under_way(world: World, view: Any, **changes: Any) -> Any:
    """The session as its owner shows it while that attempt is under way."""
    session = world.owners.sessions[view.session_public_id]
    known = {"transaction_id": view.id, "transaction_status": view.status, "under_way": True, "committed": True}
    return world.owners.add(session.model_copy(update={**known, **changes}))


async def test_the_word_that_it_is_sent_survives_the_browser(
    shop: tuple[Any, str], page: Page, browser: Browser
) -> None:
    world, origin = shop
    world.owners.started = None
    session = with_public_key(world)
    link = f"{origin}/checkout/{session.short_code}"
    await page.goto(link)
    await page.get_by_role("radio", name="Bank transfer").check()
    await page.get_by_role("button", name="Show bank details").click()
    await page.get_by_role("button", name="I have sent the transfer").click()
    await expect(page.get_by_role("heading", name="waiting for your transfer")).to_be_visible()
    (view,) = world.owners.views.values()
    under_way(world, view)

    other = await browser.new_page()
    await other.goto(link)
    await expect(other.get_by_role("heading", name="waiting for your transfer")).to_be_visible()
    await expect(other.get_by_role("button", name="I have sent the transfer")).to_have_count(0)
    await other.get_by_role("link", name="Choose another way to pay").click()
    await expect(other.get_by_text("do not pay a second time")).to_be_visible()
    await other.get_by_role("link", name="Show its status").click()
    await expect(other.get_by_role("heading", name="waiting for your transfer")).to_be_visible()
    await other.close()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
async def test_a_part_that_arrives_changes_what_is_asked_for(
    shop: tuple[Any, str], page: Page, locale: str, tmp_path: Path
) -> None:
    world, origin = shop
    session = with_public_key(world, locale=locale)
    bank = BankDetails(
        account_holder="Example Shop GmbH", iban="DE89370400440532013000", reference="RF18 5390 0754 7034",
        amount=4900, currency="EUR", epc_qr=EPC,
    )  # fmt: skip
    view = world.owners.add_view(session, provider_type="wire", bank_details=bank, under_way=True, transfer_sent=True)
    under_way(world, view, status="expired")
    await page.goto(f"{origin}/checkout/{session.short_code}")
    before = await page.locator(".code svg").inner_html()

    rest = bank.model_copy(update={"amount": 3000, "epc_qr": EPC.replace("EUR49.00", "EUR30.00")})
    arrived = {"received": 1900, "outstanding": 3000, "held": 1900, "transfer_sent": False, "bank_details": rest}
    world.owners.change(view.id, checkout_status="expired", **arrived)
    await world.nudge(view.id)

    await expect(page.locator("[data-field=amount]")).to_contain_text("30")
    await expect(page.locator(".result")).to_have_attribute("data-kind", "wire_partial")
    assert await page.locator(".code svg").inner_html() != before
    await page.set_viewport_size({"width": 320, "height": 740})
    await page.screenshot(path=tmp_path / f"partly-{locale}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") == 320


async def test_a_tab_that_was_left_open_learns_what_is_no_longer_so(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = with_public_key(world)
    view = world.owners.add_view(
        session, status="succeeded", checkout_status="completed", captured=4900, return_url=None
    )  # fmt: skip
    world.owners.add_document(session)
    await page.goto(f"{origin}/checkout/{session.short_code}/result/{view.id}")
    await expect(page.get_by_role("heading", name="your payment has arrived")).to_be_visible()

    world.owners.change(view.id, refunded=1000)
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    await expect(page.get_by_role("heading", name="Part of the payment was refunded")).to_be_visible()
    await expect(page.get_by_text("€10.00 of the €49.00")).to_be_visible()


async def test_page_without_event_stream_asks_now_and_then(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = with_public_key(world)
    view = world.owners.add_view(session, under_way=True)
    await page.route("**/events", lambda route: route.fulfill(status=503, body="{}"))
    await page.goto(f"{origin}/checkout/{session.short_code}/result/{view.id}")
    await expect(page.get_by_role("heading", name="is being processed")).to_be_visible()

    world.owners.change(view.id, status="failed")
    await expect(page.get_by_role("heading", name="was not successful")).to_be_visible()


async def test_page_stays_usable_when_the_card_form_cannot_load(make_world: MakeWorld, page: Page) -> None:
    port = free_port()
    world = make_world(
        environment="development",
        main_frontend_origin=f"http://127.0.0.1:{port}",
        stripe_js_url=f"http://127.0.0.1:{free_port()}/v3/",
    )
    session = world.session()
    async with served(world.app, port):
        await page.goto(f"http://127.0.0.1:{port}/checkout/{session.short_code}")
        await expect(page.get_by_text("The card form could not be loaded")).to_be_visible()
        await page.get_by_role("radio", name="Bank transfer").check()
        await page.get_by_role("button", name="Show bank details").click()
        await expect(page.get_by_role("heading", name="Please transfer the amount")).to_be_visible()
        world.nudges.close()


async def test_nothing_overflows_a_small_screen(shop: tuple[Any, str], page: Page, tmp_path: Path) -> None:
    world, origin = shop
    session = with_public_key(world, email=None, name=None, locale="de-DE", site_name="Donaudampfschifffahrtsladen")
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.goto(f"{origin}/checkout/{session.short_code}")
    await page.screenshot(path=tmp_path / "checkout-320.png", full_page=True)

    assert await page.evaluate("document.documentElement.scrollWidth") == 320
