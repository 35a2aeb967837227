"""The customer's API: every route that its document lists × everybody who is not that customer."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest_asyncio

from gateway_testkit.stack import Stack, fresh_address
from gateway_testkit.tenants import Tenant, furnish, open_tenant

NOBODY = "cs_" + "x" * 32
UNKNOWN = "65f0c0ffee65f0c0ffee65f0"
OPEN = {"/health"}
EXPECTED = {
    "GET /api/v1/checkouts/{session_public_id}": "by name",
    "GET /api/v1/checkouts/{session_public_id}/documents": "by name",
    "GET /api/v1/checkouts/{session_public_id}/documents/{document_id}/pdf": "by name",
    "POST /api/v1/transactions/create": "body",
    "GET /api/v1/transactions/{transaction_id}/status": "by session",
    "POST /api/v1/transactions/{transaction_id}/cancel": "by session",
    "POST /api/v1/transactions/{transaction_id}/mark-pending": "by session",
    "GET /api/v1/transactions/{transaction_id}/events": "by session",
}
"""Each route's proof of ownership: the session's secret name in the path, in the body, or in a header."""


@pytest_asyncio.fixture(scope="module")
async def tenants(stack: Stack) -> AsyncIterator[tuple[Tenant, Tenant]]:
    victim, other = await open_tenant(stack, "Victim's shop"), await open_tenant(stack, "Other shop")
    await furnish(victim)
    await furnish(other)
    yield victim, other
    await victim.aclose()
    await other.aclose()


async def operations(stack: Stack) -> list[tuple[str, str]]:
    async with stack.checkout() as page:
        document = (await page.get("/api/v1/openapi.json")).json()
    return [(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs if path not in OPEN]


async def test_every_route_says_how_ownership_is_proven(stack: Stack) -> None:
    assert {f"{verb} {path}" for verb, path in await operations(stack)} == set(EXPECTED)


def visible_part(answer: httpx.Response) -> tuple[int, Any]:
    body = answer.json()
    return answer.status_code, {**body, "requestId": ""}


def strangers(other: Tenant, kind: str) -> Iterator[dict[str, str]]:
    """Headers of no caller, of one who guesses, and of another shop's customer."""
    yield {}
    if kind == "by session":
        for name in (NOBODY, other.ids["session_public_id"], "", "cs_%00"):
            yield {"X-Checkout-Session": name}
        yield {"Cookie": f"gw_checkout_AAAAAAAAAA={other.ids['session_public_id']}"}


async def test_strangers_learn_nothing(stack: Stack, tenants: tuple[Tenant, Tenant]) -> None:
    victim, other = tenants
    for verb, path in await operations(stack):
        # Guesses are limited by address: each route is asked from one of its own.
        async with stack.checkout(address=fresh_address()) as page:
            kind = EXPECTED[f"{verb} {path}"]
            if kind == "body":
                continue
            # A caller that knows a session's name is its customer: a stranger knows their own, and others' ids.
            names = {"session_public_id": NOBODY if path.count("{") == 1 else other.ids["session_public_id"]}
            for headers in strangers(other, kind):
                answers = []
                for document, transaction in (
                    (victim.ids["invoice_id"], victim.ids["transaction_id"]),
                    (UNKNOWN, UNKNOWN),
                ):
                    url = path.format(**names, document_id=document, transaction_id=transaction)
                    answers.append(await page.request(verb, url, headers=headers))
                # A session without documents and one that is not there have the same empty list.
                is_empty = answers[0].status_code == 200 and answers[0].json() == {"documents": []}
                assert answers[0].status_code == 404 or is_empty, f"{verb} {path}: {answers[0].text}"
                assert visible_part(answers[0]) == visible_part(answers[1]), f"{verb} {path}"


async def test_a_payment_cannot_be_begun_for_a_session_that_is_not_there(
    stack: Stack, tenants: tuple[Tenant, Tenant]
) -> None:
    victim, other = tenants
    async with stack.checkout() as page:
        answers = [
            await page.post("/api/v1/transactions/create", json={"sessionPublicId": NOBODY, "providerId": provider})
            for provider in (victim.ids["provider_id"], UNKNOWN)
        ]
        checkout = await other.make(
            f"/checkouts/{other.ids['site_id']}/create",
            {"amount": 100, "currency": "EUR", "externalReference": "x"},
        )
        crossed = [
            await page.post(
                "/api/v1/transactions/create",
                json={"sessionPublicId": checkout["sessionPublicId"], "providerId": provider},
            )
            for provider in (victim.ids["provider_id"], UNKNOWN)
        ]
    assert visible_part(answers[0]) == visible_part(answers[1])
    assert answers[0].status_code == 404
    # Another organization's provider is as unknown to this session as one that does not exist.
    assert visible_part(crossed[0]) == visible_part(crossed[1])
    assert 400 <= crossed[0].status_code < 500
