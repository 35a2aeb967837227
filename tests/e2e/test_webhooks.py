"""The endpoint of provider webhooks: only genuine events have an effect, and each exactly one."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import httpx

from gateway_testkit.merchant import Merchant
from gateway_testkit.shop import (
    Started,
    create_checkout,
    invoice_pdf,
    invoices_of,
    payment_intent_of,
    start_payment,
    transaction,
    transaction_in,
)
from gateway_testkit.stack import Stack, fresh_address
from gateway_testkit.waiting import eventually


def stripe_event(stack: Stack, started: Started | None, **changes: Any) -> dict[str, Any]:
    """``payment_intent.succeeded`` as Stripe would send it."""
    intent = {
        "id": payment_intent_of(started) if started else f"pi_{secrets.token_hex(12)}",
        "object": "payment_intent",
        "amount": 4900,
        "amount_received": 4900,
        "currency": "eur",
        "status": "succeeded",
        "livemode": False,
        "metadata": {
            "gatewayTransactionId": started.transaction_id if started else "f" * 24,
            "gatewayOrganizationId": stack.descriptor["demo"]["organizationId"],
        },
    }
    return {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": int(time.time()),
        "livemode": False,
        "data": {"object": intent | changes},
    }


def signed(stack: Stack, body: bytes, *, at: float | None = None, secret: str | None = None) -> dict[str, str]:
    moment = int(at if at is not None else time.time())
    key = secret or stack.descriptor["demo"]["providers"]["stripe"]["webhookSecret"]
    signature = hmac.new(key.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={signature}", "Content-Type": "application/json"}


async def deliver(
    stack: Stack,
    body: bytes,
    headers: dict[str, str],
    *,
    provider: str | None = None,
    kind: str = "stripe",
    client: httpx.AsyncClient | None = None,
) -> httpx.Response:
    """From an address of its own, unless it is given a client: wrong signatures are limited by address."""
    path = f"/hooks/{kind}/{provider or stack.descriptor['demo']['providers']['stripe']['id']}"
    if client is not None:
        return await client.post(path, content=body, headers=headers)
    async with stack.checkout(address=fresh_address()) as opened:
        return await opened.post(path, content=body, headers=headers)


async def test_one_event_a_hundred_times_at_once_has_one_effect(stack: Stack, merchant: Merchant) -> None:
    started = await start_payment(stack, await create_checkout(stack, merchant.url))
    body = json.dumps(stripe_event(stack, started)).encode()
    headers = signed(stack, body)

    async with stack.checkout() as client:
        answers = await asyncio.gather(*(deliver(stack, body, headers, client=client) for _ in range(100)))

    assert {answer.status_code for answer in answers} == {200}
    paid = await transaction_in(stack, started.transaction_id, "succeeded")
    await invoice_pdf(stack, started.transaction_id)
    await merchant.notification(started.transaction_id, 1)
    assert [entry["effect"] for entry in paid["timeline"] if entry["type"] == "capture_confirmed"] == ["applied"]
    assert len(await invoices_of(stack, started.transaction_id)) == 1
    assert paid["captured"] == 4900


async def test_what_is_not_genuine_has_no_effect(stack: Stack) -> None:
    started = await start_payment(stack, await create_checkout(stack))
    body = json.dumps(stripe_event(stack, started)).encode()
    now = time.time()

    refused = [
        await deliver(stack, body, {"Content-Type": "application/json"}),
        await deliver(stack, body, signed(stack, body, secret="whsec_other")),
        await deliver(stack, body, signed(stack, body, at=now - 400)),
        await deliver(stack, body, signed(stack, body, at=now + 400)),
        await deliver(stack, body.replace(b"4900", b"4901"), signed(stack, body)),
    ]
    unknown = [
        await deliver(stack, body, signed(stack, body), provider="f" * 24),
        await deliver(stack, body, signed(stack, body), kind="mollie"),
        await deliver(stack, body, signed(stack, body), kind="nonsense"),
    ]

    assert [answer.status_code for answer in refused] == [400] * 5
    assert {answer.json()["code"] for answer in refused} == {"WEBHOOK_SIGNATURE_INVALID"}
    assert [answer.status_code for answer in unknown] == [404] * 3
    untouched = await transaction(stack, started.transaction_id)
    assert untouched["status"] in ("initiated", "pending_provider")


async def test_an_event_type_that_we_do_not_know_is_accepted(stack: Stack) -> None:
    event = stripe_event(stack, None) | {"type": "entitlements.active_entitlement_summary.updated"}
    body = json.dumps(event).encode()
    assert (await deliver(stack, body, signed(stack, body))).status_code == 200


async def test_a_wrong_amount_is_a_case_and_never_a_success(stack: Stack) -> None:
    started = await start_payment(stack, await create_checkout(stack))
    body = json.dumps(stripe_event(stack, started, amount=100, amount_received=100)).encode()
    assert (await deliver(stack, body, signed(stack, body))).status_code == 200

    async def case() -> dict[str, Any] | None:
        async with stack.admin() as api:
            listed = (await api.get("/api/v1/cases?limit=100")).json()["cases"]
        return next((item for item in listed if item.get("transactionId") == started.transaction_id), None)

    opened = await eventually(case)
    assert opened is not None
    assert opened["kind"] == "amount_mismatch"
    assert (await transaction(stack, started.transaction_id))["status"] == "pending_provider"


async def test_a_body_over_the_limit(stack: Stack) -> None:
    body = b"x" * (1024 * 1024 + 1)
    assert (await deliver(stack, body, signed(stack, body))).status_code == 413
