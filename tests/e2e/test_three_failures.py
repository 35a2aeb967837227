"""One payment that failed in three ways is explained in sentences, on the page and in the terminal, without a log: its
card was declined, a report of its provider was set aside, and its shop refused the notification."""

import asyncio
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, Final

import httpx
from pymongo import AsyncMongoClient

from admin_api.console.visitor import ACCESS_COOKIE, SESSION_COOKIE
from admin_api.edge.dependencies import MODE_COOKIE, SELECTED_ORGANIZATION
from gateway_kit.passes import PassLimits
from gateway_testkit.guide_shop import GuideShop, open_guide_shop
from gateway_testkit.people import PersonAtWork
from gateway_testkit.stack import REQUEST_S, Stack
from gateway_testkit.tenants import sign_up_people
from gateway_testkit.waiting import PATIENCE_S, eventually

REASONS: Final = (
    "The payment failed (declined): ",
    "Stripe reported by webhook. The report could not be applied and was set aside; an operator has to look at it.",
    "The notification of “failed” was given up; last answer of 127.0.0.1: 410 Gone (no further attempts). Attempts: 1.",
)


async def set_a_report_aside(stack: Stack, payment: dict[str, Any]) -> None:
    """A report of the provider that no try could read: the last try is due."""
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    tried = {"until": past, "tries": PassLimits().tries_max}
    row = {
        "_id": f"evt_{payment['id']}:0",
        "organization_id": payment["organizationId"],
        "livemode": payment["livemode"],
        "provider_id": payment["providerId"],
        "provider_type": payment["providerType"],
        "event_id": f"evt_{payment['id']}",
        "transaction_id": payment["id"],
        "fact": {"trigger": "unheard_of"},
        "created_at": past,
        "expires_at": past + timedelta(days=1),
        "due_at": past,
        "state": "parked",
        "version": 1,
        "passes": {"release-parked": tried},
    }
    async with AsyncMongoClient[dict[str, Any]](stack.descriptor["mongodb"]["uri"]) as client:
        rows = client["gw_transaction"]["parked_events"]
        await rows.insert_one(row)

        async def is_set_aside() -> bool:
            stored = await rows.find_one({"_id": row["_id"]})
            return stored is not None and stored["state"] == "set_aside"

        await eventually(is_set_aside)


async def failed_in_three_ways(shop: GuideShop) -> str:
    """The payment's id."""
    shop.server.answers = [410]
    transaction_id = await shop.pay(await shop.checkout(), "pm_card_chargeDeclined")
    payment = await shop.transaction(transaction_id, "failed")

    async def is_given_up() -> bool:
        return any(row["state"] == "exhausted" for row in await shop.deliveries(transaction_id))

    await eventually(is_given_up)
    payment["organizationId"] = shop.tenant.organization_id
    await set_a_report_aside(shop.tenant.stack, payment)
    return transaction_id


async def explained_in_the_terminal(shop: GuideShop, transaction_id: str) -> str:
    """The output of ``gateway explain``."""
    key = await shop.key_with(["transaction:read"])
    variables = {"GATEWAY_API": shop.tenant.stack.descriptor["urls"]["adminApi"], "GATEWAY_KEY": key}
    command = [sys.executable, "-m", "gateway_cli", "explain", transaction_id]
    process = await asyncio.create_subprocess_exec(
        *command, env=variables, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, notices = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode == 0, notices.decode()
    return output.decode()


async def read_by(person: PersonAtWork, shop: GuideShop, path: str) -> str:
    """The text of a page of the console in the test mode."""
    cookies = {
        ACCESS_COOKIE: person.token,
        SESSION_COOKIE: person.cookie,
        MODE_COOKIE: "test",
        SELECTED_ORGANIZATION: shop.tenant.organization_id,
    }
    head = {"Cookie": "; ".join(f"{name}={text}" for name, text in cookies.items())}
    base = shop.tenant.stack.descriptor["urls"]["adminApi"]
    async with httpx.AsyncClient(base_url=base, timeout=REQUEST_S, headers=head) as console:
        page = await console.get(path)
    assert page.status_code == 200, page.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def test_one_payment_that_failed_in_three_ways_is_explained_without_a_log(stack: Stack) -> None:
    async with open_guide_shop(stack) as shop:
        transaction_id = await failed_in_three_ways(shop)
        await sign_up_people(shop.tenant)

        answer = await shop.read(f"/explanations/{transaction_id}")
        terminal = await explained_in_the_terminal(shop, transaction_id)
        page = await read_by(shop.tenant.people["viewer"], shop, f"/why/{transaction_id}")
        given_up = await read_by(shop.tenant.people["viewer"], shop, "/deliveries?state=exhausted")

    assert len(answer["reasons"]) == 3, json.dumps(answer["reasons"])
    for reason in REASONS:
        assert any(text.startswith(reason) for text in answer["reasons"]), answer["reasons"]
        assert reason in terminal
        assert reason in page
    # What is listed as given up is the same notification.
    assert transaction_id in given_up
    assert "410 Gone" in given_up
