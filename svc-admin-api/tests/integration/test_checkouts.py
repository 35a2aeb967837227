"""Checkouts over HTTP: both address dialects, every refusal, and idempotency."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from admin_world import Api

from gateway_contracts.errors import GatewayError, Invalid, NotFound, Transient
from gateway_contracts.requests.transaction import CREATE_CHECKOUT

pytestmark = pytest.mark.integration

BODY = {"amount": 4900, "currency": "EUR", "externalReference": "ORDER-1"}
FULL = {
    **BODY,
    "email": "jane@example.com",
    "returnUrl": "https://shop.example/thanks?t={transactionId}",
    "cancelUrl": "https://shop.example/cart",
    "ipnUrl": "http://127.0.0.1:9/ipn",
    "invoiceNumber": "R-1",
    "billingAddress": {
        "firstName": "Jane",
        "lastName": "Doe",
        "address1": "Main 1",
        "address2": "",
        "city": "Berlin",
        "postcode": "10115",
        "country": "de",
        "phone": "+49 30 1",
    },
    "shippingAddress": {"name": "Jane Doe", "line1": "Side 2", "city": "Bern", "postalCode": "3000", "country": "CH"},
    "items": [
        {"name": "Mug", "description": "Blue", "quantity": 2, "unitPrice": 2000, "vatRate": 7.70, "itemType": "goods"},
        {"description": "Shipping", "quantity": 1, "unitPrice": 1000, "vatRate": "19", "itemType": "shipping"},
        {"description": "Voucher", "quantity": 1, "unitPrice": -100, "itemType": "discount"},
    ],
    "metadata": {"orderKey": "wc_1"},
    "locale": "de-DE",
    "expireInHours": 48,
}


@pytest.fixture
async def shop(api: Api) -> tuple[str, str]:
    """A key and the path that creates checkouts."""
    key = await api.key(await api.organization())
    return key, f"/checkouts/{(await api.site(key))['id']}/create"


async def test_every_documented_field_reaches_the_owner(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop

    answer = await api.ask("POST", path, key, FULL)

    assert answer.status_code == 200, answer.text
    assert answer.headers["x-request-id"]
    assert set(answer.json()) == {"id", "sessionPublicId", "shortCode", "paymentUrl", "warnings"}
    assert answer.json()["warnings"] == []
    assert answer.json()["paymentUrl"] == "https://pay.example/checkout/AbCdEfGhIj"
    _, command, actor, operation_id = api.owners.asked_for(CREATE_CHECKOUT)[0]
    assert answer.json()["id"] == command.checkout_id
    assert operation_id.startswith("op_")
    assert (actor.kind, actor.livemode) == ("api_key", False)
    assert command.party.model_dump(exclude_none=True) == {
        "email": "jane@example.com",
        "name": "Jane Doe",
        "address1": "Main 1",
        "city": "Berlin",
        "postcode": "10115",
        "country": "DE",
        "phone": "+49 30 1",
    }
    assert (command.shipping.address1, command.shipping.postcode) == ("Side 2", "3000")
    assert [(line.name, line.description, line.vat_rate) for line in command.items] == [
        ("Mug", "Blue", "7.7"),
        ("Shipping", None, "19"),
        ("Voucher", None, None),
    ]
    assert (command.metadata, command.locale, command.expire_in_hours) == ({"orderKey": "wc_1"}, "de-DE", 48)


REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"amount": -1}, "AMOUNT_INVALID", "amount"),
    ({"amount": 0}, "AMOUNT_INVALID", "amount"),
    ({"amount": 49.5}, "AMOUNT_INVALID", "amount"),
    ({"amount": 49.0}, "AMOUNT_INVALID", "amount"),
    ({"amount": "4900"}, "AMOUNT_INVALID", "amount"),
    ({"amount": True}, "AMOUNT_INVALID", "amount"),
    ({"amount": 10**15}, "AMOUNT_INVALID", "amount"),
    ({"currency": "XXX"}, "CURRENCY_UNKNOWN", "currency"),
    ({"currency": "HRK"}, "CURRENCY_UNKNOWN", "currency"),
    ({"currency": "BGN"}, "CURRENCY_UNKNOWN", "currency"),
    ({"currency": "ang"}, "CURRENCY_UNKNOWN", "currency"),
    ({"currency": 5}, "VALIDATION_FAILED", "currency"),
    ({"email": "jane"}, "EMAIL_INVALID", "email"),
    ({"returnUrl": "javascript:alert(1)"}, "URL_INVALID", "returnUrl"),
    ({"returnUrl": "https://"}, "URL_INVALID", "returnUrl"),
    ({"returnUrl": "/relative"}, "URL_INVALID", "returnUrl"),
    ({"ipnUrl": "http://shop.example/ipn"}, "URL_INVALID", "ipnUrl"),
    ({"cancelUrl": "https://user:pw@shop.example/"}, "URL_INVALID", "cancelUrl"),
    ({"amount": None}, "VALIDATION_FAILED", "amount"),
    ({"amount": ""}, "VALIDATION_FAILED", "amount"),
    ({"currency": ""}, "VALIDATION_FAILED", "currency"),
    ({"items": [None]}, "VALIDATION_FAILED", "items[0]"),
    ({"items": [{"name": "x", "quantity": "", "unitPrice": 1}]}, "VALIDATION_FAILED", "items[0].quantity"),
    ({"items": [{"quantity": 1, "unitPrice": 4900}]}, "ITEM_NAME_REQUIRED", "items[0]"),
    ({"items": [{"name": "x", "quantity": 0, "unitPrice": 1}]}, "VALIDATION_FAILED", "items[0].quantity"),
    ({"items": [{"name": "x", "quantity": 1, "unitPrice": 1.5}]}, "AMOUNT_INVALID", "items[0].unitPrice"),
    (
        {"items": [{"name": "x", "quantity": 1, "unitPrice": 1, "vatRate": "x"}]},
        "VAT_RATE_INVALID",
        "items[0].vatRate",
    ),
    ({"items": "none"}, "VALIDATION_FAILED", "items"),
    ({"billingAddress": {"country": "Germany"}}, "VALIDATION_FAILED", "billingAddress.country"),
    ({"metadata": {"a": 1}}, "VALIDATION_FAILED", "metadata.a"),
    ({"metadata": {str(n): "x" for n in range(51)}}, "METADATA_TOO_LARGE", "metadata"),
    ({"clientId": "65f0c0ffee65f0c0ffee65f0"}, "UNKNOWN_CLIENT", "clientId"),
    ({"allowedProviderIds": ["65f0c0ffee65f0c0ffee65f0"]}, "UNKNOWN_PROVIDER", "allowedProviderIds[0]"),
]


async def test_every_broken_rule_is_named_with_its_field(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop

    for changes, code, field in REFUSALS:
        answer = await api.ask("POST", path, key, {**BODY, **changes})
        body = answer.json()
        assert (answer.status_code, body["code"]) == (422, code), (changes, body)
        assert field in [detail["field"] for detail in body["details"]], (changes, body)
        assert body["requestId"] == answer.headers["x-request-id"]
    assert api.owners.asked_for(CREATE_CHECKOUT) == []


@pytest.mark.parametrize("currency", ["XCG", "ZWG", "jpy", "KWD", "UGX", "ISK"])
async def test_every_current_currency_is_taken(api: Api, shop: tuple[str, str], currency: str) -> None:
    key, path = shop
    answer = await api.ask("POST", path, key, {**BODY, "currency": currency})
    assert answer.status_code == 200, answer.text


async def test_the_owner_learns_how_the_site_writes_amounts(api: Api) -> None:
    """The setting at the time of the request counts, whatever the owner knows of the site."""
    key = await api.key(await api.organization(), livemode=True)
    site = await api.site(key)
    body = {**BODY, "amount": 100_000, "currency": "JPY"}

    for value in (None, "hundredths", "minor", None):
        if value is not None:
            change = await api.ask("PATCH", f"/sites/{site['id']}", key, {"settings": {"amountFormat": value}})
            assert change.json()["settings"]["amountFormat"] == value
        answer = await api.ask("POST", f"/checkouts/{site['id']}/create", key, body)
        assert answer.status_code == 200, answer.text

    commands = [command for _, command, _, _ in api.owners.asked_for(CREATE_CHECKOUT)]
    assert [command.amount_format for command in commands] == ["minor", "hundredths", "minor", "minor"]
    assert {command.amount for command in commands} == {100_000}


async def test_a_second_address_of_the_customer_reaches_the_owner(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    for billing, expected in (("jane@work.example", ("jane@work.example", "jane@example.com")), (None, None)):
        address = {"country": "DE"} if billing is None else {"country": "DE", "email": billing}
        body = {**BODY, "email": "jane@example.com", "billingAddress": address}
        assert (await api.ask("POST", path, key, body)).status_code == 200
        command = api.owners.asked_for(CREATE_CHECKOUT)[-1][1]
        assert (command.party.email, command.other_email) == (expected or ("jane@example.com", None))


WOOCOMMERCE: dict[str, Any] = {
    "amount": 4900,
    "currency": "EUR",
    "email": "jane@example.com",
    "externalReference": "1001",
    "returnUrl": "https://shop.example/checkout/order-received/1001/",
    "cancelUrl": "https://shop.example/cart/",
    "ipnUrl": "https://shop.example/wc-api/gateway",
    "billingAddress": {
        "firstName": "Jane",
        "lastName": "Doe",
        "company": "",
        "address1": "Main 1",
        "address2": "",
        "city": "Berlin",
        "postcode": "10115",
        "state": "",
        "country": "DE",
        "phone": "",
    },
    "items": [
        {"description": "Mug", "quantity": 1, "unitPrice": 4900, "itemType": "goods", "sku": "MUG-1", "taxRate": ""}
    ],
}
"""An order without shipping, as the plugin sends it."""
NO_SHIPPING: list[Any] = [
    {
        "firstName": "",
        "lastName": "",
        "company": "",
        "street": "",
        "city": "",
        "zip": "",
        "state": "",
        "country": "",
    },
    dict.fromkeys(("firstName", "lastName", "address1", "address2", "city", "postcode", "country"), ""),
    dict.fromkeys(("firstName", "lastName", "city", "country"), None),
    {},
    [],
    "",
    None,
]


@pytest.mark.parametrize("shipping", NO_SHIPPING)
async def test_an_order_without_shipping_is_taken(api: Api, shop: tuple[str, str], shipping: Any) -> None:
    key, path = shop

    answer = await api.ask("POST", path, key, {**WOOCOMMERCE, "shippingAddress": shipping})

    assert answer.status_code == 200, answer.text
    command = api.owners.asked_for(CREATE_CHECKOUT)[0][1]
    assert command.shipping is None
    assert (command.party.name, command.party.company, command.party.phone) == ("Jane Doe", None, None)
    named = [warning["field"] for warning in answer.json()["warnings"]]
    unread = [f"shippingAddress.{name}" for name in ("street", "zip") if name in (shipping or ())]
    assert sorted(named) == sorted(["items[0].sku", "items[0].taxRate", *unread])


@pytest.mark.parametrize("empty", ["", " ", None])
async def test_an_empty_optional_field_was_not_given(api: Api, shop: tuple[str, str], empty: Any) -> None:
    key, path = shop
    optional = set(FULL) - set(BODY)
    body = {**BODY, **dict.fromkeys(optional, empty), "clientId": empty, "allowedProviderIds": empty}

    answer = await api.ask("POST", path, key, body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["warnings"] == []
    commands = [command.wire() for _, command, _, _ in api.owners.asked_for(CREATE_CHECKOUT)]
    assert (await api.ask("POST", path, key, BODY)).status_code == 200
    plain = api.owners.asked_for(CREATE_CHECKOUT)[1][1].wire()
    assert {**commands[0], "checkoutId": plain["checkoutId"]} == plain


async def test_an_unknown_field_reaches_neither_the_owner_nor_the_limits(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    unknown = {"vendor\ud83d": "\ud83d", "html": "x" * 100_000, "number": 10**30, "deep": [[[[{"a": None}]]]] * 20}

    answer = await api.ask(
        "POST", path, key, {**WOOCOMMERCE, **unknown, "billingAddress": {**WOOCOMMERCE["billingAddress"], "lat": 1}}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["warnings"] == [
        {"code": "UNKNOWN_FIELD", "field": field, "message": "unknown field, ignored"}
        for field in (
            "billingAddress.lat",
            "items[0].sku",
            "items[0].taxRate",
            "vendor\ufffd",
            "html",
            "number",
            "deep",
        )
    ]
    sent = str(api.owners.asked_for(CREATE_CHECKOUT)[0][1].wire())
    assert not any(text in sent for text in ("MUG-1", "sku", "taxRate", "vendor", "html"))


async def test_a_stored_answer_repeats_its_warnings(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    options: dict[str, Any] = {"Idempotency_Key": "order-1001"}

    first = await api.ask("POST", path, key, WOOCOMMERCE, **options)
    again = await api.ask("POST", path, key, WOOCOMMERCE, **options)
    # What is ignored is no part of the request; an empty text is.
    renamed = await api.ask("POST", path, key, {**WOOCOMMERCE, "pluginVersion": "2"}, **options)
    emptied = await api.ask("POST", path, key, {**WOOCOMMERCE, "locale": ""}, **options)

    assert again.content == renamed.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert [warning["field"] for warning in again.json()["warnings"]] == ["items[0].sku", "items[0].taxRate"]
    assert (emptied.status_code, emptied.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert emptied.json()["differingFields"] == ["locale"]
    stored = await api.db.idempotency.find_one({})
    assert "pluginVersion" not in str(stored)
    assert "externalReference" in str(stored)


async def test_missing_fields_are_named(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop

    answer = await api.ask("POST", path, key, {})

    assert {(d["field"], d["message"]) for d in answer.json()["details"]} == {
        ("amount", "is required"),
        ("currency", "is required"),
    }


async def test_an_unreadable_body_is_400(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    for content in ("{", "[]", "nonsense", "null", '"text"'):
        answer = await api.http.post(f"/api/v1{path}", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST"), content


async def test_a_body_over_a_mebibyte_is_413(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop

    answer = await api.ask("POST", path, key, {**BODY, "metadata": {"a": "x" * 1024 * 1024}})

    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_rules_of_the_owner_come_back_typed(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    message = "sum of item amounts (100) does not match total amount (4900)"

    def refuse(_request: Any) -> Any:
        raise Invalid.field("items", message, code="ITEMS_SUM_MISMATCH")

    api.owners.answers[CREATE_CHECKOUT.subject] = refuse
    answer = await api.ask("POST", path, key, BODY, Idempotency_Key="k")

    assert (answer.status_code, answer.json()["code"]) == (422, "ITEMS_SUM_MISMATCH")
    assert "sum of item amounts" in answer.json()["error"]
    assert await api.db.idempotency.count_documents({}) == 0


async def test_a_new_site_is_waited_for(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    created = api.owners.answers[CREATE_CHECKOUT.subject]
    failures = [NotFound("no such site"), Transient("no key", code="KEY_UNAVAILABLE")]

    def slow(request: Any) -> Any:
        if failures:
            raise failures.pop()
        return created(request)

    api.owners.answers[CREATE_CHECKOUT.subject] = slow
    assert (await api.ask("POST", path, key, BODY)).status_code == 200


async def test_a_repeated_request_gets_the_first_answer_byte_for_byte(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    first = await api.ask("POST", path, key, BODY, Idempotency_Key='"k-1"')

    reordered = dict(reversed(BODY.items()))
    again = await api.ask("POST", path, key, reordered, Idempotency_Key="k-1")

    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(api.owners.asked_for(CREATE_CHECKOUT)) == 1
    stored = json.dumps(await api.db.idempotency.find().to_list(), default=str)
    assert "AbCdEfGhIj" not in stored


async def test_another_payload_under_the_same_key_is_422(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    first = await api.ask("POST", path, key, BODY, Idempotency_Key="k")

    answer = await api.ask("POST", path, key, {**BODY, "amount": 1, "email": "a@b.example"}, Idempotency_Key="k")

    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert answer.json()["differingFields"] == ["amount", "email"]
    assert answer.json()["originalRequestId"] == first.headers["x-request-id"]


async def test_a_request_in_flight_is_409_and_a_hundred_at_once_have_one_effect(
    api: Api, shop: tuple[str, str]
) -> None:
    key, path = shop
    created, arrived, gate = api.owners.answers[CREATE_CHECKOUT.subject], asyncio.Event(), asyncio.Event()

    async def slow(request: Any) -> Any:
        arrived.set()
        await gate.wait()
        return created(request)

    api.owners.answers[CREATE_CHECKOUT.subject] = slow
    first = asyncio.create_task(api.ask("POST", path, key, BODY, Idempotency_Key="k"))
    await arrived.wait()
    others = await asyncio.gather(*(api.ask("POST", path, key, BODY, Idempotency_Key="k") for _ in range(20)))
    gate.set()

    assert {(answer.status_code, answer.json()["code"]) for answer in others} == {(409, "IDEMPOTENCY_IN_PROGRESS")}
    assert others[0].headers["retry-after"] == "1"
    assert (await first).status_code == 200
    assert len(api.owners.asked_for(CREATE_CHECKOUT)) == 1


async def test_an_absent_owner_is_503_and_the_key_stays_usable_under_the_same_ids(
    api: Api, shop: tuple[str, str]
) -> None:
    key, path = shop
    created = api.owners.answers.pop(CREATE_CHECKOUT.subject)

    down = await api.ask("POST", path, key, BODY, Idempotency_Key="k")
    api.owners.answers[CREATE_CHECKOUT.subject] = created
    up = await api.ask("POST", path, key, BODY, Idempotency_Key="k")

    assert (down.status_code, down.headers["retry-after"]) == (503, "2")
    assert up.status_code == 200
    before, after = api.owners.asked_for(CREATE_CHECKOUT)
    assert (before[1].checkout_id, before[3]) == (after[1].checkout_id, after[3])
    assert up.json()["id"] == after[1].checkout_id


@pytest.mark.parametrize("mistake", [RuntimeError("a bug of ours"), GatewayError("a bug of the owner's")])
async def test_a_mistake_of_ours_is_kept_like_any_answer(api: Api, shop: tuple[str, str], mistake: Exception) -> None:
    key, path = shop

    def fail(_request: Any) -> Any:
        raise mistake

    works, api.owners.answers[CREATE_CHECKOUT.subject] = api.owners.answers[CREATE_CHECKOUT.subject], fail
    first = await api.ask("POST", path, key, BODY, Idempotency_Key="k")
    api.owners.answers[CREATE_CHECKOUT.subject] = works
    again = await api.ask("POST", path, key, BODY, Idempotency_Key="k")

    assert (first.status_code, first.json()["code"], again.status_code) == (500, "INTERNAL_ERROR", 500)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert len(api.owners.asked_for(CREATE_CHECKOUT)) == 1
    assert (await api.ask("POST", path, key, BODY, Idempotency_Key="another")).status_code == 200
    assert (await api.ask("POST", path, key, BODY)).status_code == 200


async def test_a_dead_execution_is_resumed_after_its_lease(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    assert (await api.ask("POST", path, key, BODY, Idempotency_Key="k")).status_code == 200
    # As a death leaves it between the owner's commit and our answer.
    await api.db.idempotency.update_many({}, {"$set": {"state": "in_progress"}, "$unset": {"status": 1, "body": 1}})
    # However slow the machine is: held, and then not any more.
    await api.db.idempotency.update_many({}, [{"$set": {"lease_until": {"$add": ["$lease_until", 3_600_000]}}}])
    assert (await api.ask("POST", path, key, BODY, Idempotency_Key="k")).status_code == 409
    await api.db.idempotency.update_many({}, [{"$set": {"lease_until": {"$subtract": ["$lease_until", 3_631_000]}}}])

    resumed = await api.ask("POST", path, key, BODY, Idempotency_Key="k")

    calls = api.owners.asked_for(CREATE_CHECKOUT)
    assert resumed.status_code == 200
    assert calls[0][1].checkout_id == calls[1][1].checkout_id == resumed.json()["id"]
    assert calls[0][3] == calls[1][3]


async def test_keys_of_two_merchants_or_modes_never_meet(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop
    organization = (await api.db.api_keys.find_one({"kind": "organization"}))["organization_id"]
    rotated, live = await api.key(organization), await api.key(organization, livemode=True)
    other = await api.key(await api.organization("Other"))
    other_path = f"/checkouts/{(await api.site(other))['id']}/create"

    ids = [
        (await api.ask("POST", where, who, BODY, Idempotency_Key="k")).json()["id"]
        for who, where in ((key, path), (rotated, path), (live, path), (other, other_path))
    ]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


async def test_a_malformed_idempotency_key_is_400(api: Api, shop: tuple[str, str]) -> None:
    key, path = shop

    for wrong in ("", " ", "a b", "x" * 256, '""'):
        answer = await api.ask("POST", path, key, BODY, Idempotency_Key=wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_IDEMPOTENCY_KEY"), wrong


async def test_creations_of_our_own_are_resumed_without_a_second_object(api: Api) -> None:
    key = await api.key(organization := await api.organization())
    site = await api.site(key)
    body = {"label": "x", "scopes": ["site:read"]}
    path = f"/organizations/{organization}/api-keys"
    first = (await api.ask("POST", path, key, body, Idempotency_Key="k")).json()
    again = (await api.ask("POST", path, key, body, Idempotency_Key="k")).json()
    assert first == again

    # The answer was never stored: as after a crash between the commit and the answer.
    past = api.tenancy.clock.now() - timedelta(seconds=1)
    await api.db.idempotency.update_many(
        {}, {"$set": {"state": "in_progress", "lease_until": past}, "$unset": {"status": 1, "body": 1}}
    )
    resumed = (await api.ask("POST", path, key, body, Idempotency_Key="k")).json()
    assert resumed["id"] == first["id"]
    assert (await api.ask("GET", "/sites", resumed["key"])).status_code == 200

    # Long after: the answer was collected, the operation is remembered permanently.
    await api.db.idempotency.delete_many({})
    late = await api.ask("POST", path, key, body, Idempotency_Key="k")
    assert (late.status_code, late.json()["code"]) == (409, "API_KEY_ALREADY_CREATED")
    assert (await api.ask("GET", f"/sites/{site['id']}", key)).status_code == 200
