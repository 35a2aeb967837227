"""Bad input gets a clear answer with a stable code and the field, and leaves nothing behind."""

from typing import Any

import pytest

from gateway_testkit.shop import checkout_body, create_checkout
from gateway_testkit.stack import Stack, fresh_address

BAD_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("unknown currency", {"currency": "XXX"}, "currency"),
    ("negative amount", {"amount": -1}, "amount"),
    ("no amount at all", {"amount": None}, "amount"),
    ("zero", {"amount": 0, "items": None}, "amount"),
    ("fractional amount", {"amount": 49.5}, "amount"),
    ("amount as text", {"amount": "4900"}, "amount"),
    ("amount as flag", {"amount": True}, "amount"),
    ("both references missing", {"externalReference": None}, "externalReference"),
    ("reference too long", {"externalReference": "x" * 65}, "externalReference"),
    ("not a URL", {"returnUrl": "nowhere"}, "returnUrl"),
    ("script URL", {"returnUrl": "javascript:alert(1)"}, "returnUrl"),
    ("bad notification URL", {"ipnUrl": "ftp://shop.example/ipn"}, "ipnUrl"),
    ("not an e-mail", {"email": "buyer"}, "email"),
    ("empty amount", {"amount": ""}, "amount"),
    ("wrong type", {"items": "three"}, "items"),
    ("quantity zero", {"items": [{"name": "a", "quantity": 0, "unitPrice": 4900}]}, "items[0].quantity"),
    ("line without a name", {"items": [{"quantity": 1, "unitPrice": 4900}]}, "items[0]"),
    ("expires too late", {"expireInHours": 3121}, "expireInHours"),
]


async def post(stack: Stack, **options: Any) -> Any:
    async with stack.admin(options.pop("key", None), address=options.pop("address", None)) as api:
        return await api.post(f"/api/v1/checkouts/{stack.descriptor['demo']['siteId']}/create", **options)


@pytest.mark.parametrize(("changes", "field"), [row[1:] for row in BAD_BODIES], ids=[row[0] for row in BAD_BODIES])
async def test_the_field_is_named(stack: Stack, changes: dict[str, Any], field: str) -> None:
    answer = await post(stack, json=checkout_body(**changes))

    assert answer.status_code in (400, 422), answer.text
    body = answer.json()
    assert body["code"].isupper()
    assert body["requestId"] == answer.headers["X-Request-ID"]
    assert any(problem["field"].startswith(field) for problem in body["details"]), body


async def test_empty_and_unknown_fields_of_a_shop_break_no_order(stack: Stack) -> None:
    empty = dict.fromkeys(("firstName", "lastName", "address1", "city", "postcode", "country"), "")
    answer = await post(stack, json=checkout_body(shippingAddress=empty, locale="", clientId=None, amuont=4900))

    assert answer.status_code == 200, answer.text
    assert [warning["field"] for warning in answer.json()["warnings"]] == ["amuont"]


async def test_items_that_do_not_add_up(stack: Stack) -> None:
    answer = await post(stack, json=checkout_body(amount=5000))

    assert answer.status_code == 422
    assert "sum of item amounts" in answer.json()["error"].lower()
    assert "does not match total amount" in answer.json()["error"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"amount": 1e999}', b"\x00\x01", b'{"a":' * 5000, b'"text"'],
    ids=["empty", "cut", "list", "null", "infinite", "binary", "deep", "text"],
)
async def test_what_is_not_a_request_is_refused(stack: Stack, content: bytes) -> None:
    answer = await post(stack, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"]


async def test_a_body_over_one_mebibyte(stack: Stack) -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b'"' + b"x" * 65_536

    announced = await post(stack, content=b"x" * (1024 * 1024 + 1), headers={"Content-Type": "application/json"})
    streamed = await post(stack, content=chunks(), headers={"Content-Type": "application/json"})
    assert (announced.status_code, streamed.status_code) == (413, 413)


@pytest.mark.parametrize(
    "key",
    ["sk_test_wrong.wrong", "sk_live_", "Bearer", "x" * 4000],
)
async def test_a_wrong_key(stack: Stack, key: str) -> None:
    answer = await post(stack, json=checkout_body(), key=key, address=fresh_address())
    assert answer.status_code in (401, 431), answer.text


async def test_no_key(stack: Stack) -> None:
    async with stack.checkout(address=fresh_address()) as anonymous:
        url = f"{stack.descriptor['urls']['adminApi']}/api/v1/checkouts/{stack.descriptor['demo']['siteId']}/create"
        answer = await anonymous.post(url, json=checkout_body())
    assert answer.status_code == 401
    assert answer.json()["code"]


async def test_a_foreign_or_unknown_site_is_not_there(stack: Stack) -> None:
    async with stack.admin() as api:
        unknown = await api.post(f"/api/v1/checkouts/{'f' * 24}/create", json=checkout_body())
        malformed = await api.post("/api/v1/checkouts/nothing/create", json=checkout_body())
    assert (unknown.status_code, malformed.status_code) == (404, 404)


async def test_a_key_without_the_scope(stack: Stack) -> None:
    organization = stack.descriptor["demo"]["organizationId"]
    async with stack.admin() as api:
        made = await api.post(
            f"/api/v1/organizations/{organization}/api-keys", json={"label": "reader", "scopes": ["checkout:read"]}
        )
        assert made.status_code == 201, made.text
    answer = await post(stack, json=checkout_body(), key=made.json()["key"])
    assert answer.status_code == 403
    assert answer.json()["code"] == "MISSING_SCOPE"


async def test_the_same_idempotency_key_makes_one_checkout(stack: Stack) -> None:
    body = checkout_body()
    headers = {"Idempotency-Key": body["externalReference"]}
    first = await post(stack, json=body, headers=headers)
    second = await post(stack, json=body, headers=headers)
    other = await post(stack, json=body | {"email": "other@example.com"}, headers=headers)

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert other.status_code == 422


async def test_what_the_plugins_send_is_accepted(stack: Stack) -> None:
    checkout = await create_checkout(
        stack,
        items=[
            {"description": "Shirt", "quantity": 2, "unitPrice": 2500, "itemType": "goods"},
            {"description": "Shipping", "quantity": 1, "unitPrice": 400, "itemType": "shipping"},
            {"description": "Coupon", "quantity": 1, "unitPrice": -500, "itemType": "discount"},
        ],
        shippingAddress={
            "firstName": "Erika",
            "lastName": "Muster",
            "address1": "Lindenweg 7",
            "address2": "",
            "city": "Berlin",
            "postcode": "10115",
            "country": "DE",
        },
    )
    assert checkout.payment_url.endswith(f"/checkout/{checkout.short_code}")
    assert len(checkout.short_code) == 10


async def test_a_plugin_that_sends_hundredths_reads_back_what_it_sent(stack: Stack) -> None:
    """Through every service: 1,000 JPY arrive as 100000, are owed as 1,000 and read as 100000."""
    demo, shop = stack.descriptor["demo"], {"Origin": stack.descriptor["edge"]["mainFrontend"]}
    body = checkout_body(
        currency="JPY", amount=100_000, items=[{"description": "Hat", "quantity": 1, "unitPrice": 100_000}]
    )
    async with stack.admin() as api:
        assigned = (await api.get(f"/api/v1/sites/{demo['siteId']}")).json()["providerIds"]
        settings = {"name": "Plugin", "providerIds": assigned, "settings": {"amountFormat": "hundredths"}}
        site = await api.post("/api/v1/sites", json=settings)
        assert site.status_code == 201, site.text
        path = f"/api/v1/checkouts/{site.json()['id']}/create"
        inexact = await api.post(path, json=body | {"amount": 1_050, "items": []})
        assert (inexact.status_code, inexact.json()["code"]) == (422, "AMOUNT_NOT_EXACT")
        assert inexact.json()["details"][0]["field"] == "amount"
        made = await api.post(path, json=body)
        assert made.status_code == 200, made.text
        record = (await api.get(f"/api/v1/checkouts/{made.json()['id']}")).json()
        assert (record["amount"], record["amountFormat"]) == (100_000, "hundredths")
    async with stack.checkout() as customer:
        session = (await customer.get(f"/api/v1/checkouts/{made.json()['sessionPublicId']}", headers=shop)).json()
        assert (session["amount"], session["lineItems"][0]["unitAmount"]) == (100_000, 100_000)
        page = (await customer.get(f"/checkout/{made.json()['shortCode']}")).text
    assert "1,000" in page
    assert "100,000" not in page
