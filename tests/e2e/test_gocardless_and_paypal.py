"""Payments authorised on the provider's page and captured by us: a mandate at GoCardless, an order at PayPal."""

import re
import uuid
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import Started, create_checkout, start_payment, transaction, transaction_in
from gateway_testkit.stack import REPOSITORY, REQUEST_S, Stack, fresh_address
from gateway_testkit.waiting import eventually

# The simulated banks take minutes where no test sets their clock forward at the right moment.
SETTLED_S = 180
SCREENSHOTS = REPOSITORY / ".run" / "screenshots"


async def begin(stack: Stack, merchant: Merchant, provider: str) -> Started:
    """Each time another customer: one who loses a dispute is on hold from then on."""
    someone = {"email": f"{uuid.uuid4().hex}@example.com"}
    checkout = await create_checkout(stack, merchant.url, returnUrl=merchant.return_url, **someone)
    started = await start_payment(stack, checkout, provider)
    assert started.next_action["type"] == "redirect"
    return started


async def decide(started: Started, result: str) -> httpx.Response:
    """Do as the customer on the provider's page."""
    async with httpx.AsyncClient(timeout=REQUEST_S) as browser:
        return await browser.post(started.next_action["url"], data={"result": result})


async def simulate(stack: Stack, provider: str, path: str, body: dict[str, Any] | None = None) -> Any:
    async with httpx.AsyncClient(base_url=stack.descriptor["simulators"][provider], timeout=REQUEST_S) as simulator:
        answer = await simulator.post(f"/_sim{path}", json=body or {})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def reported(stack: Stack, started: Started, what: str) -> None:
    async def check() -> bool:
        seen = await transaction(stack, started.transaction_id)
        return what in [entry["type"] for entry in seen["timeline"]]

    await eventually(check)


async def pass_days(stack: Stack, provider: str, seconds: int) -> None:
    """The simulated banks' clock, forward."""
    await simulate(stack, provider, "/clock/advance", {"seconds": seconds})


async def test_a_mandate_is_captured_and_settles_days_later(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant, "gocardless")

    back = await decide(started, "paid")
    await reported(stack, started, "authorized")
    await eventually(lambda: _is_pending(stack, started))
    await pass_days(stack, "gocardless", 60)

    ended = await transaction_in(stack, started.transaction_id, "succeeded", SETTLED_S)
    await merchant.notification(started.transaction_id, 1)
    assert back.headers["location"].endswith(f"/return/{started.transaction_id}")
    assert ended["captured"] == 4900


async def _is_pending(stack: Stack, started: Started) -> bool:
    return bool((await transaction(stack, started.transaction_id))["status"] in ("pending_provider", "succeeded"))


async def test_a_bank_that_declines_ends_the_payment(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant, "gocardless")

    await decide(started, "failed")
    await reported(stack, started, "authorized")
    await pass_days(stack, "gocardless", 60)

    ended = await transaction_in(stack, started.transaction_id, "failed", SETTLED_S)
    assert ended["captured"] == 0


async def test_an_approved_order_is_captured_and_paid(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant, "paypal")

    await decide(started, "paid")

    ended = await transaction_in(stack, started.transaction_id, "succeeded", SETTLED_S)
    await merchant.notification(started.transaction_id, 1)
    assert ended["captured"] == 4900


@pytest.mark.parametrize(
    ("decision", "status"), [("declined", "failed"), ("denied", "failed"), ("pending", "succeeded")]
)
async def test_what_paypal_decides(stack: Stack, merchant: Merchant, decision: str, status: str) -> None:
    started = await begin(stack, merchant, "paypal")

    await decide(started, decision)
    await reported(stack, started, "authorized")
    await pass_days(stack, "paypal", 25)

    ended = await transaction_in(stack, started.transaction_id, status, SETTLED_S)
    assert ended["captured"] == (4900 if status == "succeeded" else 0)


async def chargeback_in(stack: Stack, started: Started, status: str) -> dict[str, Any]:
    async def check() -> dict[str, Any] | None:
        async with stack.admin() as api:
            answer = await api.get(f"/api/v1/transactions/{started.transaction_id}/chargebacks")
        assert answer.status_code == 200, answer.text
        return next((entry for entry in answer.json()["chargebacks"] if entry["status"] == status), None)

    found: dict[str, Any] = await eventually(check, SETTLED_S)
    return found


@pytest.mark.parametrize(("outcome", "kind"), [("late_failure", "bank_return"), ("charged_back", "chargeback")])
async def test_money_that_the_bank_takes_back(stack: Stack, merchant: Merchant, outcome: str, kind: str) -> None:
    started = await begin(stack, merchant, "gocardless")
    await decide(started, outcome)
    await reported(stack, started, "authorized")
    await pass_days(stack, "gocardless", 16)
    await transaction_in(stack, started.transaction_id, "succeeded", SETTLED_S)

    await pass_days(stack, "gocardless", 60)

    lost = await chargeback_in(stack, started, "lost")
    assert (lost["kind"], lost["amount"]) == (kind, 4900)
    assert (await transaction(stack, started.transaction_id))["status"] == "succeeded"


@pytest.mark.parametrize("provider", ["gocardless", "paypal"])
async def test_money_back_by_api(stack: Stack, merchant: Merchant, provider: str) -> None:
    started = await begin(stack, merchant, provider)
    await decide(started, "paid")
    await reported(stack, started, "authorized")
    await pass_days(stack, provider, 16)
    await transaction_in(stack, started.transaction_id, "succeeded", SETTLED_S)

    async with stack.admin() as api:
        answer = await api.post(
            f"/api/v1/transactions/{started.transaction_id}/refunds",
            json={"amount": 900, "reason": "requested_by_customer"},
            headers={"Idempotency-Key": f"refund-{started.transaction_id}"},
        )
    assert answer.status_code in (200, 201, 202), answer.text
    await pass_days(stack, provider, 30)

    async def refunded() -> bool:
        return bool((await transaction(stack, started.transaction_id))["refunded"] == 900)

    await eventually(refunded, SETTLED_S)


async def test_a_forged_webhook_has_the_answer_that_its_provider_wants(stack: Stack) -> None:
    providers = stack.descriptor["demo"]["providers"]
    forged = {
        "PAYPAL-TRANSMISSION-ID": "T-1",
        "PAYPAL-TRANSMISSION-TIME": "2026-01-01T00:00:00Z",
        "PAYPAL-TRANSMISSION-SIG": "AAAA",
        "PAYPAL-AUTH-ALGO": "SHA256withRSA",
        "PAYPAL-CERT-URL": "https://certificates.example/cert",
    }

    async with stack.checkout(address=fresh_address()) as stranger:
        gocardless = await stranger.post(
            f"/hooks/gocardless/{providers['gocardless']['id']}",
            json={"events": []},
            headers={"Webhook-Signature": "0" * 64},
        )
        paypal = await stranger.post(f"/hooks/paypal/{providers['paypal']['id']}", json={}, headers=forged)

    assert (gocardless.status_code, paypal.status_code) == (498, 400)


async def open_approval(page: Page, stack: Stack, merchant: Merchant, provider: str) -> str:
    """From the hosted page to the provider's; the provider's name for it on the hosted page is its label there."""
    someone = {"email": f"{uuid.uuid4().hex}@example.com"}
    checkout = await create_checkout(stack, merchant.url, returnUrl=merchant.return_url, **someone)
    await page.goto(checkout.payment_url)
    await page.get_by_role("radio", name=LABELS[provider]).check()
    await page.locator("#submit").click()
    title = page.get_by_role("heading", name=f"{NAMES[provider]} test page")
    await expect(title).to_be_visible()
    await page.screenshot(path=SCREENSHOTS / f"{provider}.png")
    return checkout.id


LABELS = {"gocardless": "Direct debit", "paypal": "PayPal"}
NAMES = {"gocardless": "GoCardless", "paypal": "PayPal"}


async def of_checkout(stack: Stack, page: Page) -> str:
    await page.wait_for_url("**/result/**")
    return page.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]


async def test_a_mandate_in_the_browser(page: Page, stack: Stack, merchant: Merchant) -> None:
    await open_approval(page, stack, merchant, "gocardless")
    await page.get_by_role("button", name="Authorise; the payment arrives").click()

    transaction_id = await of_checkout(stack, page)
    # Banking days are seconds here: on a slow machine the money may have arrived already.
    await expect(page.locator(".result")).to_have_attribute("data-kind", re.compile("pending|succeeded"))
    await eventually(lambda: _is_pending_id(stack, transaction_id))
    await pass_days(stack, "gocardless", 60)
    await expect(page.locator(".result")).to_have_attribute("data-kind", "succeeded", timeout=SETTLED_S * 1000)
    await merchant.notification(transaction_id, 1)


async def _is_pending_id(stack: Stack, transaction_id: str) -> bool:
    return bool((await transaction(stack, transaction_id))["status"] in ("pending_provider", "succeeded"))


async def test_paypal_in_the_browser(page: Page, stack: Stack, merchant: Merchant) -> None:
    await open_approval(page, stack, merchant, "paypal")
    await expect(page.get_by_text("49.00 EUR")).to_be_visible()
    await page.get_by_role("button", name="Pay", exact=True).click()

    transaction_id = await of_checkout(stack, page)
    await expect(page.locator(".result")).to_have_attribute("data-kind", "succeeded")
    await merchant.notification(transaction_id, 1)


async def test_a_customer_who_turns_back_at_paypal_can_pay_otherwise(
    page: Page, stack: Stack, merchant: Merchant
) -> None:
    await open_approval(page, stack, merchant, "paypal")
    await page.get_by_role("button", name="Cancel and go back").click()

    await expect(page.get_by_text("The payment has not been completed")).to_be_visible()
    await page.get_by_role("link", name="Try again").or_(page.get_by_role("button", name="Try again")).click()
    await page.get_by_role("radio", name="Mollie").check()
    await page.locator("#submit").click()
    await page.get_by_role("radio", name="iDEAL").check()
    await page.get_by_role("button", name="Continue").click()
    await expect(page.locator(".result")).to_have_attribute("data-kind", "succeeded")
