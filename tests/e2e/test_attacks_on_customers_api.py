"""Requests of strangers to the API that needs no key: a clear answer, never an internal error, and nothing begun."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway_testkit.people import fresh_address
from gateway_testkit.shop import Checkout, create_checkout
from gateway_testkit.stack import Stack

CREATE = "/api/v1/transactions/create"
DEEP = 3000
NONSENSE: dict[str, bytes] = {
    "nothing": b"",
    "cut": b"{",
    "list": b"[]",
    "null": b"null",
    "text": b'"text"',
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep inside a field": b'{"billingAddress":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
    "NaN": b'{"providerId": NaN}',
    "number of 5000 digits": b'{"providerId": 1' + b"0" * 5000 + b"}",
    "invalid UTF-8": b'{"shortCode": "\xff\xfe"}',
    "lone surrogate, encoded": b'"\xed\xa0\x80"',
    "lone surrogate, escaped": b'{"shortCode": "\\ud800"}',
    "compressed": b"\x1f\x8b\x08\x00garbage",
}
MEDIA_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml")


@pytest_asyncio.fixture(scope="module")
async def checkout(stack: Stack) -> Checkout:
    return await create_checkout(stack)


@pytest_asyncio.fixture
async def page(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with stack.checkout() as http:
        yield http


async def post(page: httpx.AsyncClient, content: bytes, media_type: str = "application/json") -> httpx.Response:
    return await page.post(CREATE, content=content, headers={"Content-Type": media_type, **fresh_address()})


def assert_clear(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:300]}"
    body: dict[str, Any] = answer.json()
    assert body["code"].isupper()
    assert body["requestId"] == answer.headers["X-Request-ID"]
    assert "Traceback" not in answer.text
    return body


def paying(stack: Stack, checkout: Checkout, **billing: Any) -> dict[str, Any]:
    provider_id = stack.descriptor["demo"]["providers"]["wire"]["id"]
    return {"sessionPublicId": checkout.session_public_id, "providerId": provider_id, "billingAddress": billing}


@pytest.mark.parametrize("content", NONSENSE.values(), ids=NONSENSE.keys())
async def test_what_is_not_a_request(page: httpx.AsyncClient, content: bytes) -> None:
    assert_clear(await post(page, content), 400, 413, 422)


async def test_a_body_over_one_mebibyte(page: httpx.AsyncClient) -> None:
    assert_clear(await post(page, b'"' + b"x" * 1024 * 1024 + b'"'), 413)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
async def test_another_content_type_is_not_read_as_json(
    stack: Stack, page: httpx.AsyncClient, checkout: Checkout, media_type: str
) -> None:
    assert_clear(await post(page, json.dumps(paying(stack, checkout)).encode(), media_type), 415)


@pytest.mark.parametrize("bad", ["a\x00b", "\x1b]0;title\x07", "\ud800"])
@pytest.mark.parametrize("field", ["name", "address1", "phone", "email"])
async def test_a_buyer_with_control_characters_begins_no_payment(
    stack: Stack, page: httpx.AsyncClient, checkout: Checkout, field: str, bad: str
) -> None:
    answer = await post(page, json.dumps(paying(stack, checkout, **{field: bad})).encode())
    assert_clear(answer, 400, 422)


async def test_an_email_that_is_none_is_refused_at_its_field(
    stack: Stack, page: httpx.AsyncClient, checkout: Checkout
) -> None:
    for email in ("nonsense", "a@b", "a b@c.example"):
        body = assert_clear(await post(page, json.dumps(paying(stack, checkout, email=email)).encode()), 422)
        assert [problem["field"] for problem in body["details"]] == ["billingAddress.email"]


async def test_all_that_began_nothing(stack: Stack, checkout: Checkout) -> None:
    """Runs last: the session is as it was."""
    async with stack.admin() as api:
        begun = await api.get(f"/api/v1/transactions?sessionPublicId={checkout.session_public_id}")
    assert begun.json()["total"] == 0
