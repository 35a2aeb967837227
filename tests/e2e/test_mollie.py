"""A payment on Mollie's page: everything that is believed was fetched; the webhook only says that there is news."""

import asyncio
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import (
    Started,
    checkout_body,
    create_checkout,
    credit_note_pdfs,
    start_payment,
    transaction,
    transaction_in,
)
from gateway_testkit.stack import REPOSITORY, REQUEST_S, Stack, fresh_address
from gateway_testkit.waiting import eventually

SCREENSHOTS = REPOSITORY / ".run" / "screenshots"


async def begin(stack: Stack, merchant: Merchant, **changes: Any) -> Started:
    checkout = await create_checkout(stack, merchant.url, returnUrl=merchant.return_url, **changes)
    started = await start_payment(stack, checkout, "mollie")
    assert started.next_action["type"] == "redirect"
    return started


async def decide(started: Started, status: str) -> httpx.Response:
    """Do as the customer on Mollie's page."""
    async with httpx.AsyncClient(timeout=REQUEST_S) as browser:
        return await browser.post(started.next_action["url"], data={"method": "ideal", "status": status})


async def simulate(stack: Stack, path: str, body: dict[str, Any] | None = None) -> Any:
    async with httpx.AsyncClient(base_url=stack.descriptor["simulators"]["mollie"], timeout=REQUEST_S) as simulator:
        answer = await simulator.post(f"/_sim{path}", json=body or {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def payment_of(started: Started) -> str:
    url: str = started.next_action["url"]
    return url.split("?")[0].rsplit("/", 1)[-1]


@pytest.mark.parametrize(
    ("decision", "status", "notified"),
    [("paid", "succeeded", 1), ("failed", "failed", 2), ("canceled", "canceled", -2), ("expired", "canceled", -2)],
)
async def test_what_the_customer_decides_reaches_the_merchant(
    stack: Stack, merchant: Merchant, decision: str, status: str, notified: int
) -> None:
    started = await begin(stack, merchant)

    back = await decide(started, decision)

    ended = await transaction_in(stack, started.transaction_id, status)
    await merchant.notification(started.transaction_id, notified)
    assert back.headers["location"].endswith(f"/return/{started.transaction_id}")
    assert ended["captured"] == (4900 if decision == "paid" else 0)


async def test_the_same_news_has_its_effect_once(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant)
    await decide(started, "paid")
    await transaction_in(stack, started.transaction_id, "succeeded")
    hook = f"/hooks/mollie/{stack.descriptor['demo']['providers']['mollie']['id']}"

    async with stack.checkout() as browser:
        # At once: one after the other, each would wait for its second to pass.
        for _ in range(2):
            answers = await asyncio.gather(*(browser.post(hook, data={"id": payment_of(started)}) for _ in range(20)))
            assert {answer.status_code for answer in answers} == {200}

    timeline = [entry["type"] for entry in (await transaction(stack, started.transaction_id))["timeline"]]
    assert timeline.count("capture_confirmed") == 1


async def test_any_caller_can_send_a_thin_event_and_none_can_lie(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant)
    provider = stack.descriptor["demo"]["providers"]["mollie"]["id"]
    lie = {"resource": "event", "id": "event_1", "type": "payment.paid", "entityId": payment_of(started)}

    async with stack.checkout(address=fresh_address()) as stranger:
        named = await stranger.post(f"/hooks/mollie/{provider}", data={"id": payment_of(started)})
        unsigned = await stranger.post(f"/hooks/mollie/{provider}", json=lie)
        unknown = await stranger.post(f"/hooks/mollie/{provider}", data={"id": "tr_nobodys"})
        forged = await stranger.post(
            f"/hooks/mollie/{provider}", json=lie, headers={"X-Mollie-Signature": "sha256=" + "0" * 64}
        )
        nothing = await stranger.post(f"/hooks/mollie/{provider}", data={"other": "1"})

    assert [answer.status_code for answer in (named, unsigned, unknown, forged, nothing)] == [200, 200, 200, 400, 400]
    await decide(started, "failed")
    ended = await transaction_in(stack, started.transaction_id, "failed")
    assert ended["captured"] == 0


async def test_a_customer_who_pays_while_the_webhook_is_lost_is_seen_on_the_way_back(
    stack: Stack, merchant: Merchant
) -> None:
    await simulate(stack, "/rules", {"kind": "drop", "times": 1})
    started = await begin(stack, merchant)
    back = await decide(started, "paid")

    path = httpx.URL(back.headers["location"]).path
    async with stack.checkout() as customer:
        await eventually(lambda: customer.get(path))

    await transaction_in(stack, started.transaction_id, "succeeded")


async def test_in_the_browser(page: Page, stack: Stack, merchant: Merchant) -> None:
    checkout = await create_checkout(stack, merchant.url, returnUrl=merchant.return_url)
    await page.goto(checkout.payment_url)
    await page.get_by_role("radio", name="Mollie").check()
    await page.locator("#submit").click()

    await page.wait_for_url("**/checkout/tr_**")
    await expect(page.get_by_text("49.00 EUR")).to_be_visible()
    await page.screenshot(path=SCREENSHOTS / "mollie.png")
    await page.get_by_role("radio", name="iDEAL").check()
    await page.get_by_role("button", name="Continue").click()

    await expect(page.locator(".result")).to_have_attribute("data-kind", "succeeded")


async def news(stack: Stack, started: Started, what: str, expected: int) -> dict[str, Any]:
    """Wait until an amount of the transaction is that."""

    async def check() -> dict[str, Any] | None:
        seen = await transaction(stack, started.transaction_id)
        return seen if seen[what] == expected else None

    found: dict[str, Any] = await eventually(check)
    return found


async def test_money_back_in_two_parts(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant)
    await decide(started, "paid")
    await transaction_in(stack, started.transaction_id, "succeeded")

    for amount, refunded, status in ((900, 900, "succeeded"), (None, 4900, "refunded")):
        async with stack.admin() as api:
            answer = await api.post(
                f"/api/v1/transactions/{started.transaction_id}/refunds",
                json={"amount": amount, "reason": "requested_by_customer"},
                headers={"Idempotency-Key": f"{started.transaction_id}-{refunded}"},
            )
        assert answer.status_code in (200, 201, 202), answer.text
        after = await news(stack, started, "refunded", refunded)
        assert after["status"] == status

    await merchant.notification(started.transaction_id, 3)


async def test_a_refund_made_at_mollie_of_another_amount_than_asked_is_a_case(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant)
    await decide(started, "paid")
    await transaction_in(stack, started.transaction_id, "succeeded")
    await simulate(stack, "/rules", {"kind": "refund_amount", "amount": 800})
    async with stack.admin() as api:
        answer = await api.post(
            f"/api/v1/transactions/{started.transaction_id}/refunds",
            json={"amount": 900, "reason": "requested_by_customer"},
            headers={"Idempotency-Key": started.transaction_id},
        )
        assert answer.status_code in (200, 201, 202), answer.text
        await news(stack, started, "refunded", 800)

        async def ours() -> list[tuple[str, int]]:
            cases = (await api.get("/api/v1/cases?status=open&limit=100")).json()["cases"]
            return [(case["kind"], case["amount"]) for case in cases if case["transactionId"] == started.transaction_id]

        assert await eventually(ours) == [("amount_mismatch", 800)]


async def test_a_chargeback_and_its_reversal(stack: Stack, merchant: Merchant) -> None:
    again = checkout_body()
    started = await begin(stack, merchant, email=again["email"])
    await decide(started, "paid")
    await transaction_in(stack, started.transaction_id, "succeeded")

    charged_back = await simulate(stack, f"/payments/{payment_of(started)}/chargeback")
    lost = await news(stack, started, "disputed", 4900)
    notification = await merchant.notification(started.transaction_id, 4)
    [(note, _)] = await credit_note_pdfs(stack, started.transaction_id)
    assert (note["reason"], note["total"]) == ("dispute", 4900)
    assert notification.json["schemaVersion"] == 2
    async with stack.admin() as api:
        refused = await api.post(f"/api/v1/checkouts/{stack.descriptor['demo']['siteId']}/create", json=again)
        assert (refused.status_code, refused.json()["code"]) == (409, "CHECKOUT_BLOCKED_BY_CUSTOMER_HOLD")
        assert (refused.json()["creditNoteId"], refused.json()["creditNoteNumber"]) == (note["id"], note["number"])
        # Newest first.
        found = (await api.get("/api/v1/transactions?disputed=true&limit=100")).json()["transactions"]
    assert lost["status"] == "succeeded"
    assert started.transaction_id in [entry["id"] for entry in found]

    await simulate(stack, f"/chargebacks/{charged_back['id']}/reverse")
    await news(stack, started, "disputed", 0)

    async def is_won() -> bool:
        async with stack.admin() as api:
            answer = await api.get(f"/api/v1/transactions/{started.transaction_id}/chargebacks")
        records = answer.json()["chargebacks"]
        return [(record["kind"], record["status"]) for record in records] == [("chargeback", "won")]

    await eventually(is_won)
