"""A merchant's page uses Stripe.js exactly as it would use the real one; a customer pays in Chromium."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe
from aiohttp import web
from playwright.async_api import Browser, Error, FrameLocator, Page, async_playwright, expect

from gateway_testkit.chromium import CHROMIUM, FLAGS, SHOWN_MS

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")]

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
<meta http-equiv="Content-Security-Policy"
      content="default-src 'self'; script-src 'self' 'unsafe-inline' SIM; frame-src SIM; style-src 'unsafe-inline'">
<script src="SIM/v3/"></script></head><body style="max-width:420px;margin:24px auto;font-family:sans-serif">
<h1>Shop</h1><form id="pay"><div id="payment-element"></div><p><button>Pay 10.99</button></p></form><p id="message"></p>
<script>
const stripe = Stripe(CONFIG.pk, {locale: CONFIG.locale});
const elements = stripe.elements({mode: "payment", amount: 1099, currency: "eur", appearance: CONFIG.appearance});
const paymentElement = elements.create("payment");
const seen = {changes: []};
paymentElement.on("ready", () => { seen.ready = true; });
paymentElement.on("change", (event) => seen.changes.push(event.complete));
paymentElement.mount("#payment-element");
const say = (text) => { document.getElementById("message").textContent = text; };
document.getElementById("pay").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("");
  const {error: submitError} = await elements.submit();
  if (submitError) return say(`${submitError.type} ${submitError.code}`);
  const {clientSecret} = await (await fetch("/intent", {method: "POST"})).json();
  const result = await stripe.confirmPayment({
    elements, clientSecret,
    confirmParams: {return_url: `${location.origin}/back?order=7`}, redirect: CONFIG.redirect,
  });
  if (result.error) return say(`${result.error.type} ${result.error.code} ${result.error.decline_code}`);
  const {paymentIntent} = await stripe.retrievePaymentIntent(clientSecret);
  say(`${result.paymentIntent.status} ${paymentIntent.id === result.paymentIntent.id}`);
});
</script></body></html>"""


class Shop:
    """A page on another origin than the simulator's, with the server that creates the intents."""

    def __init__(self, simulator: Any, client: stripe.StripeClient, pk: str) -> None:
        self._origin = simulator.origin
        self._client = client
        self._pk = pk
        self.url = ""
        self.intents: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/", self._page), web.post("/intent", self._intent), web.get("/back", self._back)])
        app.add_routes([web.get("/favicon.ico", self._icon)])
        return app

    async def _page(self, request: web.Request) -> web.Response:
        config: dict[str, Any] = {
            "pk": self._pk,
            "locale": request.query.get("locale", "en"),
            "redirect": request.query.get("redirect", "if_required"),
            "appearance": {
                "theme": request.query.get("theme", "stripe"),
                "variables": {"borderRadius": "8px", "colorPrimary": "url(https://evil.example)"},
            },
        }
        html = PAGE.replace("SIM", self._origin).replace(
            "<script>\n", f"<script>const CONFIG = {json.dumps(config)};\n"
        )
        return web.Response(text=html, content_type="text/html")

    async def _intent(self, request: web.Request) -> web.Response:
        intent = self._client.v1.payment_intents.create({"amount": 1099, "currency": "eur"})
        self.intents.append(intent.id)
        return web.json_response({"clientSecret": intent.client_secret})

    async def _icon(self, request: web.Request) -> web.Response:
        return web.Response(status=204)

    async def _back(self, request: web.Request) -> web.Response:
        return web.Response(text="Back in the shop")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=SHOWN_MS)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def shop(simulator: Any, client: stripe.StripeClient, account: str) -> AsyncIterator[Shop]:
    state = Shop(simulator, client, account.replace("sk_", "pk_"))
    runner = web.AppRunner(state.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    state.url = f"http://localhost:{runner.addresses[0][1]}/"
    yield state
    await runner.cleanup()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 480, "height": 720})
    context.set_default_timeout(SHOWN_MS)
    opened = await context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield opened
    await context.close()
    # A declined card is an answer with status 402, which the browser reports on its console.
    assert [problem for problem in problems if "402" not in problem] == []


@pytest.fixture(scope="session")
def screenshots() -> Path | None:
    """Kept where SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS")
    return Path(folder) if folder else None


def card_frame(page: Page) -> FrameLocator:
    return page.frame_locator("#payment-element iframe")


async def type_card(page: Page, number: str, expiry: str = "1234", cvc: str = "123") -> None:
    frame = card_frame(page)
    await frame.get_by_label("Card number").fill(number)
    await frame.get_by_label("Expiration date").fill(expiry)
    await frame.get_by_label("Security code").fill(cvc)


async def pay(page: Page, number: str) -> None:
    await type_card(page, number)
    await page.get_by_role("button", name="Pay").click()


async def test_success(page: Page, shop: Shop, client: stripe.StripeClient, screenshots: Path | None) -> None:
    await page.goto(shop.url)
    await type_card(page, "4242424242424242")
    await expect(card_frame(page).get_by_label("Card number")).to_have_value("4242 4242 4242 4242")
    if screenshots:
        await page.screenshot(path=screenshots / "card.png")

    await page.get_by_role("button", name="Pay").click()

    await expect(page.locator("#message")).to_have_text("succeeded true")
    assert await page.evaluate("seen.ready && seen.changes.at(-1)")
    assert client.v1.payment_intents.retrieve(shop.intents[0]).status == "succeeded"
    assert await page.locator("input").count() == 0


async def test_incomplete_fields_create_no_intent(page: Page, shop: Shop, screenshots: Path | None) -> None:
    await page.goto(shop.url)
    await type_card(page, "4242424242424241", "1220")

    await page.get_by_role("button", name="Pay").click()

    await expect(page.locator("#message")).to_have_text("validation_error invalid_number")
    await expect(card_frame(page).get_by_text("expiration date is in the past")).to_be_visible()
    if screenshots:
        await page.screenshot(path=screenshots / "invalid.png")
    assert shop.intents == []


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("4000000000000002", "card_error card_declined generic_decline"),
        ("4000000000009995", "card_error card_declined insufficient_funds"),
        ("4000000000000069", "card_error expired_card expired_card"),
        ("4000000000000127", "card_error incorrect_cvc incorrect_cvc"),
        ("4000000000000119", "card_error processing_error processing_error"),
        ("4111111111111111", "card_error card_declined test_mode_live_card"),
    ],
)
async def test_a_decline_can_be_followed_by_another_card(page: Page, shop: Shop, number: str, message: str) -> None:
    await page.goto(shop.url)
    await pay(page, number)
    await expect(page.locator("#message")).to_have_text(message)

    await pay(page, "5555555555554444")

    await expect(page.locator("#message")).to_have_text("succeeded true")


@pytest.mark.parametrize("number", ["4000002500003155", "4000000000003220"])
async def test_3d_secure_goes_to_the_bank_and_back(
    page: Page, shop: Shop, client: stripe.StripeClient, screenshots: Path | None, number: str
) -> None:
    await page.goto(shop.url)
    await pay(page, number)
    await expect(page.get_by_role("heading", name="3-D Secure")).to_be_visible()
    await expect(page.get_by_text("10.99 EUR")).to_be_visible()
    if screenshots:
        await page.screenshot(path=screenshots / "challenge.png")

    await page.get_by_role("button", name="Complete").click()
    await expect(page.get_by_text("Back in the shop")).to_be_visible()

    intent = client.v1.payment_intents.retrieve(shop.intents[0])
    assert parse_qs(urlsplit(page.url).query) == {
        "order": ["7"],
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [intent.client_secret],
        "redirect_status": ["succeeded"],
    }
    assert intent.status == "succeeded"


async def test_a_failed_challenge_comes_back_as_failed(page: Page, shop: Shop, client: stripe.StripeClient) -> None:
    await page.goto(shop.url)
    await pay(page, "4000002500003155")

    await page.get_by_role("button", name="Fail").click()
    await expect(page.get_by_text("Back in the shop")).to_be_visible()

    assert parse_qs(urlsplit(page.url).query)["redirect_status"] == ["failed"]
    assert client.v1.payment_intents.retrieve(shop.intents[0]).status == "requires_payment_method"


async def test_redirect_always_returns_to_the_shop(page: Page, shop: Shop) -> None:
    await page.goto(f"{shop.url}?redirect=always")

    await pay(page, "4242424242424242")

    await expect(page.get_by_text("Back in the shop")).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["redirect_status"] == ["succeeded"]


async def test_locale_and_dark_theme(page: Page, shop: Shop, screenshots: Path | None) -> None:
    await page.goto(f"{shop.url}?locale=de&theme=night")

    number = card_frame(page).get_by_label("Kartennummer")
    await expect(number).to_be_visible()

    await expect(number).to_have_attribute("autocomplete", "cc-number")
    # The page's options reach the frame by a message.
    await expect(number).to_have_css("background-color", "rgb(48, 49, 61)")
    if screenshots:
        await page.screenshot(path=screenshots / "dark.png")


async def test_another_origin_cannot_talk_to_the_frame(page: Page, shop: Shop, simulator: Any) -> None:
    """A page that pretends to be the shop in the frame's address gets no answers."""
    await page.goto(shop.url)
    answered = await page.evaluate(
        """async (origin) => {
            const frame = document.createElement("iframe");
            frame.src = `${origin}/v3/elements-frame?pk=pk_test_x123&page=${encodeURIComponent("https://other.example")}`;
            const heard = [];
            addEventListener("message", (message) => heard.push(message.data));
            const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
            document.body.append(frame);
            await loaded;
            frame.contentWindow.postMessage({kind: "request", id: "x", request: "submit", data: {}}, origin);
            await new Promise((resolve) => setTimeout(resolve, 300));
            return heard.filter((data) => data.id === "x").length;
        }""",
        simulator.origin,
    )
    assert answered == 0


async def test_wrong_use_is_reported_as_an_integration_error(page: Page, shop: Shop) -> None:
    await page.goto(shop.url)

    for wrong in ("Stripe('sk_test_x')", "stripe.elements({mode: 'payment'})", "stripe.confirmPayment({elements})"):
        with pytest.raises(Error, match="IntegrationError"):
            await page.evaluate(f"async () => {{ await {wrong}; }}")
