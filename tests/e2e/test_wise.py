"""A transfer to the merchant's account at Wise: reported by a signed webhook, fetched, matched by our reference."""

from typing import Any

import httpx

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import Started, create_checkout, start_payment, transaction, transaction_in
from gateway_testkit.stack import REQUEST_S, Stack, fresh_address
from gateway_testkit.waiting import eventually

SUM = 49.00


async def begin(stack: Stack, merchant: Merchant) -> Started:
    checkout = await create_checkout(stack, merchant.url, returnUrl=merchant.return_url)
    started = await start_payment(stack, checkout, "wise")
    assert started.next_action["type"] == "bank_transfer"
    return started


async def simulate(stack: Stack, path: str, body: dict[str, Any]) -> Any:
    given = {"api_token": stack.descriptor["demo"]["providers"]["wise"]["apiToken"], **body}
    async with httpx.AsyncClient(base_url=stack.descriptor["simulators"]["wise"], timeout=REQUEST_S) as simulator:
        answer = await simulator.post(f"/_sim{path}", json=given)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_customers_transfer_completes_the_payment(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant)
    details = started.next_action["bankDetails"]
    assert details["iban"].startswith("BE68")

    await simulate(stack, "/incoming-transfers", {"amount": SUM, "reference": f"Order {details['reference']}"})

    ended = await transaction_in(stack, started.transaction_id, "succeeded")
    await merchant.notification(started.transaction_id, 1)
    assert (ended["captured"], ended["received"]) == (4900, 4900)


async def test_parts_and_repeats(stack: Stack, merchant: Merchant) -> None:
    started = await begin(stack, merchant)
    reference = started.next_action["bankDetails"]["reference"]

    await simulate(stack, "/rules", {"kind": "duplicate", "count": 3})
    await simulate(stack, "/incoming-transfers", {"amount": 30, "reference": reference})

    async def has(received: int) -> bool:
        return bool((await transaction(stack, started.transaction_id))["received"] == received)

    await eventually(lambda: has(3000))
    await simulate(stack, "/incoming-transfers", {"amount": 19, "reference": reference})
    ended = await transaction_in(stack, started.transaction_id, "succeeded")
    assert (ended["captured"], ended["received"]) == (4900, 4900)


async def test_no_other_caller_can_report_it(stack: Stack, merchant: Merchant) -> None:
    provider = stack.descriptor["demo"]["providers"]["wise"]["id"]
    event = {"event_type": "incoming-transfer#credited", "data": {"incoming_transfer_id": "1", "occurred_at": "x"}}

    async with stack.checkout(address=fresh_address()) as stranger:
        unsigned = await stranger.post(f"/hooks/wise/{provider}", json=event)
        forged = await stranger.post(f"/hooks/wise/{provider}", json=event, headers={"X-Signature-SHA256": "AAAA"})
        test = await stranger.post(f"/hooks/wise/{provider}", json=event, headers={"X-Test-Notification": "true"})

    assert (unsigned.status_code, forged.status_code, test.status_code) == (400, 400, 200)
