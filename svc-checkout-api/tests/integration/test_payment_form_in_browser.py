"""The payment form in a real browser: what is shown is what is charged, with its script and without it."""

import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from checkout_world import MakeWorld, World
from page_rig import PUBLIC_KEY, fill_card, served
from playwright.async_api import Browser, Page, expect

from gateway_contracts.requests.customer import NextAction, OfferedProvider, TransactionStarted
from gateway_embedded.servers.process import free_port
from gateway_testkit.chromium import SHOWN_MS
from gateway_testkit.nightly import IS_NIGHTLY

pytestmark = pytest.mark.integration

CARD, WIRE, PAYPAL, MOLLIE = (f"64b00000000000000000000{digit}" for digit in "abcd")
LABELS = {CARD: "Card", WIRE: "Bank transfer", PAYPAL: "PayPal", MOLLIE: "Mollie"}
TYPES = {CARD: "stripe", WIRE: "wire", PAYPAL: "paypal", MOLLIE: "mollie"}
BUTTONS = {CARD: "Pay €49.00", WIRE: "Show bank details", PAYPAL: "Continue", MOLLIE: "Continue"}
PROVIDERS_PAGE = "https://provider.example/approve"
# Each method is left and chosen once; the nightly run takes all pairs.
PAIRS = list(itertools.permutations(LABELS, 2) if IS_NIGHTLY else itertools.pairwise([*LABELS, CARD]))
TWO_PAIRS = PAIRS if IS_NIGHTLY else PAIRS[:2]
# A screenshot is kept if the environment asks for it.
PICTURES = os.environ.get("PICTURES_OF_PAGES")


def offer_all(world: World, default: str = CARD, **changes: Any) -> Any:
    """A checkout with every kind of method, two of them of the same kind."""
    offers = tuple(
        OfferedProvider(
            id=provider,
            type=TYPES[provider],
            label=label,
            is_default=provider == default,
            publishable_key=PUBLIC_KEY if provider == CARD else None,
        )
        for provider, label in LABELS.items()
    )
    session = world.session(providers=offers, **changes)
    by_card = world.owners.started

    def start(request: Any) -> TransactionStarted:
        if request.provider_id == CARD and by_card:
            started: TransactionStarted = by_card(request)
            return started
        if request.provider_id in (WIRE, CARD):
            begun: TransactionStarted = world.owners._start(session, request)
            return begun
        kind = TYPES[request.provider_id]
        world.owners.add_view(session, id=request.transaction_id, status="initiated", provider_type=kind)
        action = NextAction(type="redirect", url=PROVIDERS_PAGE)
        return TransactionStarted(transaction_id=request.transaction_id, status=-1, next_action=action)

    world.owners.started = start
    return session


async def open_form(page: Page, origin: str, session: Any) -> None:
    await page.route(f"{PROVIDERS_PAGE}*", lambda route: route.fulfill(body="Approve here", content_type="text/html"))
    await page.goto(f"{origin}/checkout/{session.short_code}")


def charged(world: World) -> list[str]:
    return [request.provider_id for request in world.owners.requests("public_create_transaction")]


async def is_shown(page: Page, provider: str) -> None:
    """Radio, open panel, card form and button name the same way to pay."""
    await expect(page.get_by_role("radio", name=LABELS[provider])).to_be_checked()
    for other in LABELS:
        panel = page.locator(f'[data-panel="{other}"]')
        await (expect(panel).to_be_visible() if other == provider else expect(panel).to_be_hidden())
    button = page.locator("#submit")
    await expect(button).to_have_text(BUTTONS[provider])
    await expect(button).to_be_enabled()
    if provider == CARD:
        await expect(page.locator("[data-card] iframe").first).to_be_visible()


async def press(page: Page, provider: str) -> None:
    """Pay, and arrive where this way to pay leads."""
    if provider == CARD:
        await fill_card(page, "4242424242424242")
    await page.locator("#submit").click()
    target = {CARD: "**/result/*", WIRE: "**/result/*"}.get(provider, f"{PROVIDERS_PAGE}*")
    await page.wait_for_url(target)


@pytest.mark.parametrize(("default", "chosen"), PAIRS)
async def test_back_from_a_payment_shows_and_charges_what_the_browser_restored(
    shop: tuple[Any, str], page: Page, default: str, chosen: str
) -> None:
    world, origin = shop
    session = offer_all(world, default)
    await open_form(page, origin, session)
    await is_shown(page, default)
    await page.get_by_role("radio", name=LABELS[chosen]).check()
    await is_shown(page, chosen)
    await press(page, chosen)

    await page.go_back()
    restored = await page.evaluate("document.querySelector('input[name=provider]:checked').value")
    await is_shown(page, restored)
    await press(page, restored)
    assert charged(world) == [chosen, restored]


@pytest.mark.parametrize(("default", "chosen"), TWO_PAIRS)
async def test_a_radio_that_is_restored_without_an_event_is_followed(
    shop: tuple[Any, str], page: Page, default: str, chosen: str
) -> None:
    """Simulate a page that the browser loads again (``pageshow``) or restores from its cache (``persisted``)."""
    world, origin = shop
    await open_form(page, origin, offer_all(world, default))
    await is_shown(page, default)
    for persisted in (False, True):
        for provider in (chosen, default):
            await page.evaluate(
                """([provider, persisted]) => {
                  document.querySelector(`input[value="${provider}"]`).checked = true;
                  window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted }));
                }""",
                [provider, persisted],
            )
            await is_shown(page, provider)
    assert charged(world) == []


@pytest.mark.parametrize(("default", "chosen"), TWO_PAIRS)
async def test_a_press_before_the_page_followed_charges_nothing(
    shop: tuple[Any, str], page: Page, default: str, chosen: str
) -> None:
    world, origin = shop
    await open_form(page, origin, offer_all(world, default))
    await is_shown(page, default)
    await page.evaluate(
        """(provider) => {
          document.querySelector(`input[value="${provider}"]`).checked = true;
          document.getElementById("submit").click();
        }""",
        chosen,
    )

    await expect(page.get_by_role("alert").filter(has_text="check your choice")).to_be_visible()
    await is_shown(page, chosen)
    assert charged(world) == []
    await press(page, chosen)
    assert charged(world) == [chosen]


@pytest.mark.parametrize("chosen", [WIRE, PAYPAL])
async def test_a_reload_with_a_restored_radio_shows_what_it_restored(
    shop: tuple[Any, str], page: Page, chosen: str
) -> None:
    world, origin = shop
    await open_form(page, origin, offer_all(world))
    await page.get_by_role("radio", name=LABELS[chosen]).check()
    await page.reload()
    restored = await page.evaluate("document.querySelector('input[name=provider]:checked').value")
    await is_shown(page, restored)
    await press(page, restored)
    assert charged(world) == [restored]


async def test_a_page_in_another_language_restores_the_same_choice(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = offer_all(world)
    await open_form(page, origin, session)
    await page.get_by_role("radio", name="PayPal").check()
    await press(page, PAYPAL)
    world.owners.add(world.owners.sessions[session.id].model_copy(update={"locale": "de-DE"}))
    await page.go_back()

    await expect(page.get_by_role("heading", name="Zahlungsart")).to_be_visible()
    restored = await page.evaluate("document.querySelector('input[name=provider]:checked').value")
    expected = {CARD: "Pay", PAYPAL: "Weiter"}
    await expect(page.locator(f'[data-panel="{restored}"]')).to_be_visible()
    await expect(page.locator("#submit")).to_contain_text("Weiter" if restored == PAYPAL else "bezahlen")
    assert restored in expected


async def test_two_tabs_charge_what_each_shows(shop: tuple[Any, str], page: Page) -> None:
    world, origin = shop
    session = offer_all(world)
    await open_form(page, origin, session)
    other = await page.context.new_page()
    await open_form(other, origin, session)
    await page.get_by_role("radio", name="PayPal").check()
    await other.get_by_role("radio", name="Bank transfer").check()

    await is_shown(page, PAYPAL)
    await press(page, PAYPAL)
    await is_shown(other, WIRE)
    await press(other, WIRE)
    assert charged(world) == [PAYPAL, WIRE]


@pytest.mark.parametrize("chosen", [PAYPAL, WIRE])
async def test_a_page_that_was_left_busy_is_ready_when_it_comes_back_from_memory(
    shop: tuple[Any, str], page: Page, chosen: str
) -> None:
    world, origin = shop
    await open_form(page, origin, offer_all(world))
    await page.get_by_role("radio", name=LABELS[chosen]).check()
    # A browser keeps a page as it was left: after the press, before the next page.
    await page.evaluate("() => { window.fetch = () => new Promise(() => {}); }")
    await page.locator("#submit").click()
    await expect(page.locator("#submit")).to_have_attribute("aria-busy", "true")

    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false }))")
    await expect(page.locator("#submit")).to_have_attribute("aria-busy", "true")
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    await is_shown(page, chosen)
    await expect(page.locator("#submit")).to_have_attribute("aria-busy", "false")


# --- without the script ----------------------------------------------------------------------------------------------


@pytest.fixture
async def plain_page(browser: Browser) -> AsyncIterator[Page]:
    """A browser whose owner switched JavaScript off."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 700})
    opened = await context.new_page()
    opened.set_default_timeout(SHOWN_MS)
    yield opened
    await context.close()


async def picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
async def test_without_javascript_only_cards_are_missing(shop: tuple[Any, str], plain_page: Page, locale: str) -> None:
    world, origin = shop
    session = offer_all(world, email=None, name=None, locale=locale)
    await open_form(plain_page, origin, session)

    await expect(plain_page.get_by_role("radio")).to_have_count(0)
    await expect(plain_page.locator("#submit")).to_be_hidden()
    await expect(plain_page.locator("[data-card]")).to_be_hidden()
    await expect(plain_page.get_by_text("JavaScript")).to_be_visible()
    await expect(plain_page.locator("button:visible")).to_have_count(3)
    await picture(plain_page, f"plain-{locale}-320")
    await plain_page.set_viewport_size({"width": 1280, "height": 900})
    await picture(plain_page, f"plain-{locale}-1280")


async def test_nothing_overflows_a_small_screen_without_javascript(
    shop: tuple[Any, str], plain_page: Page, page: Page
) -> None:
    world, origin = shop
    session = offer_all(world, email=None, name=None, locale="de-DE", site_name="Donaudampfschifffahrtsladen")
    await page.route("**/checkout/assets/checkout.*.js", lambda route: route.abort())
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.goto(f"{origin}/checkout/{session.short_code}")

    assert await page.evaluate("document.documentElement.scrollWidth") == 320


async def test_a_redirect_method_works_without_javascript(shop: tuple[Any, str], plain_page: Page) -> None:
    world, origin = shop
    session = offer_all(world, email=None, name=None)
    await open_form(plain_page, origin, session)
    await plain_page.get_by_label("E-mail").fill("ada@example.com")
    await plain_page.get_by_label("Name").fill("Ada Buyer")
    addresses: list[str] = []
    plain_page.on("request", lambda request: addresses.append(request.url))
    await plain_page.get_by_role("button", name="Continue: PayPal").click()

    await expect(plain_page.get_by_text("Approve here")).to_be_visible()
    assert charged(world) == [PAYPAL]
    billing = world.owners.requests("public_create_transaction")[0].billing
    assert (billing.email, billing.name) == ("ada@example.com", "Ada Buyer")
    assert not [address for address in addresses if "ada" in address.lower()]


async def test_a_transfer_works_without_javascript(shop: tuple[Any, str], plain_page: Page) -> None:
    world, origin = shop
    await open_form(plain_page, origin, offer_all(world))
    await plain_page.get_by_role("button", name="Show bank details: Bank transfer").click()

    await expect(plain_page.get_by_text("RF18 5390 0754 7034")).to_be_visible()
    await picture(plain_page, "plain-wire-320")
    await plain_page.get_by_role("button", name="I have sent the transfer").click()
    await expect(plain_page.get_by_role("heading", name="waiting for your transfer")).to_be_visible()
    assert charged(world) == [WIRE]


async def test_the_enter_key_chooses_nothing_without_javascript(shop: tuple[Any, str], plain_page: Page) -> None:
    world, origin = shop
    session = offer_all(world, email=None)
    await open_form(plain_page, origin, session)
    await plain_page.get_by_label("E-mail").fill("ada@example.com")
    await plain_page.get_by_label("E-mail").press("Enter")
    # The next thing that the server hears is this, so that a form sent before it would have been seen.
    await plain_page.get_by_role("button", name="Continue: Mollie").click()

    await expect(plain_page.get_by_text("Approve here")).to_be_visible()
    assert charged(world) == [MOLLIE]


async def test_a_wrong_address_is_asked_for_again_without_javascript(shop: tuple[Any, str], plain_page: Page) -> None:
    world, origin = shop
    await open_form(plain_page, origin, offer_all(world, email=None))
    await plain_page.get_by_label("E-mail").fill("ada@localhost")
    await plain_page.get_by_role("button", name="Continue: PayPal").click()
    await expect(plain_page.get_by_text("Enter an e-mail address")).to_be_visible()
    await picture(plain_page, "plain-refused-320")
    await plain_page.get_by_label("E-mail").fill("ada@example.com")
    await plain_page.get_by_role("button", name="Continue: PayPal").click()

    await expect(plain_page.get_by_text("Approve here")).to_be_visible()
    assert charged(world) == [PAYPAL]


@pytest.mark.parametrize("body", [None, "const broken = ;", "throw new Error('old browser');"])
async def test_a_script_that_does_not_come_or_does_not_run_is_like_none(
    make_world: MakeWorld, browser: Browser, body: str | None
) -> None:
    port = free_port()
    world = make_world(environment="development", main_frontend_origin=f"http://127.0.0.1:{port}", trusted_proxies="")
    page = await browser.new_page()
    page.set_default_timeout(SHOWN_MS)
    await page.route(
        "**/checkout/assets/checkout.*.js",
        lambda route: route.abort() if body is None else route.fulfill(body=body, content_type="text/javascript"),
    )
    async with served(world.app, port):
        await open_form(page, f"http://127.0.0.1:{port}", offer_all(world))
        await expect(page.locator("#submit")).to_be_hidden()
        await page.get_by_role("button", name="Continue: PayPal").click()
        await expect(page.get_by_text("Approve here")).to_be_visible()
        world.nudges.close()
    await page.close()
    assert charged(world) == [PAYPAL]
