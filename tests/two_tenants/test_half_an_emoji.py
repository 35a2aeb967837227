"""Fault 4: half an emoji in a text of one merchant became silence: UTF-8 cannot hold it, and no reply could be
written."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gateway_testkit.installation import Installation
from gateway_testkit.seller import CUSTOMER, Seller, Two
from gateway_testkit.shop import checkout_body
from gateway_testkit.tenants import INVOICING, WIRE

pytestmark = pytest.mark.integration

HALF = "\ud83d"
ADDRESS = {
    "firstName": "Erika",
    "lastName": "Muster",
    "name": "Erika Muster",
    "company": "Muster GmbH",
    "address1": "Lindenweg 7",
    "address2": "2nd floor",
    "line1": "Lindenweg 7",
    "line2": "2nd floor",
    "city": "Berlin",
    "postcode": "10115",
    "postalCode": "10115",
    "state": "Berlin",
    "phone": "+49 30 1",
    "vatId": "DE123456789",
}
LINE = {"name": "Plan", "description": "A year", "quantity": 1, "unitPrice": 4900, "vatRate": "19", "itemType": "goods"}
# A path in the body, and the key of a map as the last part of a path.
Path = tuple[str | int, ...]


def texts_in(value: Any, at: Path = ()) -> Iterator[Path]:
    """Where texts are in a body, keys of metadata too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from texts_in(item, (*at, key))
        if at and at[-1] == "metadata":
            yield (*at, "key")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts_in(item, (*at, index))
    elif isinstance(value, str):
        yield at


def broken(body: Any, at: Path) -> Any:
    """The body with half an emoji at that place."""
    if not at:
        return body + HALF
    first, *rest = at
    if isinstance(body, dict) and first not in body:
        return body | {f"key{HALF}": "value"}
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[first] = broken(copy[first], tuple(rest))  # type: ignore[index]  # a key of a map, or an index of a list
    return copy


async def post(seller: Seller, verb: str, path: str, body: Any) -> httpx.Response:
    """As shops send it: JSON in ASCII, in which anything can be escaped."""
    base = seller.tenant.stack.descriptor["urls"]["adminApi"]
    headers = {"Authorization": f"Bearer {seller.tenant.key}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=f"{base}/api/v1", headers=headers, timeout=120) as http:
        return await http.request(
            verb, path, content=json.dumps(body).encode(), headers={"Idempotency-Key": f"k{id(body)}"}
        )


def bodies_of(seller: Seller, transaction_id: str, checkout_id: str) -> dict[str, tuple[str, str, Any]]:
    """Requests of the merchants' API that carry texts, well-formed and with every text given."""
    home = f"/organizations/{seller.tenant.organization_id}"
    checkout = checkout_body(seller.server.url, items=[LINE], billingAddress=ADDRESS, shippingAddress=ADDRESS)
    manual = {
        "siteId": seller.site_id,
        "amount": 4900,
        "currency": "EUR",
        "receivedAt": "2026-11-29T10:00:00Z",
        "email": "erika@example.com",
        "externalReference": "order-1",
        "invoiceNumber": "R-1",
        "items": [LINE],
        "billingAddress": ADDRESS,
        "metadata": {"note": "text"},
        "ipnUrl": seller.server.url,
    }
    return {
        "checkout": (
            "POST",
            f"/checkouts/{seller.site_id}/create",
            checkout | {"metadata": {"note": "text"}, "invoiceNumber": "R-1"},
        ),
        "manual": ("POST", "/transactions/manual", manual),
        "metadata of a checkout": ("PATCH", f"/checkouts/{checkout_id}", {"metadata": {"note": "text"}}),
        "metadata of a transaction": ("PATCH", f"/transactions/{transaction_id}", {"metadata": {"note": "text"}}),
        "refund": ("POST", f"/transactions/{transaction_id}/refunds", {"amount": 1, "reason": "returned"}),
        "receipt": (
            "POST",
            f"/transactions/{transaction_id}/receipts",
            {"amount": 1, "currency": "EUR", "receivedAt": "2026-11-29T10:00:00Z", "bankReference": "bank-1"},
        ),
        "site": ("POST", "/sites", {"name": "Shop", "branding": {"headline": "Welcome"}}),
        "provider": ("POST", "/providers", WIRE),
        "client": ("POST", "/clients", {"name": {"plaintext": "Jane"}, "email": {"plaintext": "jane@example.com"}}),
        "key": ("POST", f"{home}/api-keys", {"label": "narrow", "scopes": ["site:read"]}),
        "member": ("POST", f"{home}/members", {"email": "m@example.com", "name": "M", "role": "viewer"}),
        "invoicing": ("PUT", "/organizations/settings/invoicing", INVOICING),
        "organization": ("PATCH", home, {"name": "Shop"}),
        "domain": ("POST", "/domains", {"siteId": seller.site_id, "name": "pay.example.com"}),
    }


async def test_half_an_emoji_is_refused_in_every_text_of_the_merchants_api(two: Two) -> None:
    payment = await two.a.begin()
    checkout_id = (await two.a.transaction(payment))["checkoutId"]
    answers: dict[str, int] = {}
    for name, (verb, path, body) in bodies_of(two.a, payment.transaction_id, checkout_id).items():
        for at in texts_in(body):
            answer = await post(two.a, verb, path, broken(body, at))
            answers[f"{name}: {'.'.join(map(str, at))}"] = answer.status_code

    assert {place: status for place, status in answers.items() if status != 422} == {}
    for seller in (two.a, two.b):
        for path in ("/transactions", "/checkouts", "/invoices", "/sites", "/providers", "/clients"):
            assert (await seller.ask("GET", path)).status_code == 200, path


async def test_half_an_emoji_is_refused_in_every_text_of_the_customers_api(two: Two) -> None:
    made = (await two.a.create_checkout()).json()
    body = {
        "sessionPublicId": made["sessionPublicId"],
        "providerId": two.a.provider_id,
        "billingAddress": CUSTOMER | ADDRESS,
    }
    base = two.a.tenant.stack.descriptor
    headers = {"Content-Type": "application/json", "Origin": base["edge"]["mainFrontend"]}
    answers: dict[str, int] = {}
    async with httpx.AsyncClient(base_url=base["urls"]["checkoutApi"], headers=headers, timeout=120) as http:
        for at in texts_in(body):
            content = json.dumps(broken(body, at)).encode()
            answer = await http.post("/api/v1/transactions/create", content=content)
            answers[".".join(map(str, at))] = answer.status_code

    assert {place: status for place, status in answers.items() if status != 422} == {}


async def test_an_odd_value_that_is_stored_breaks_no_list(two: Two, installation: Installation) -> None:
    odd, sound = await two.a.begin(), await two.a.begin()
    of_b = await two.b.begin()
    checkout_id = (await two.a.transaction(odd))["checkoutId"]
    # Earlier versions let it in.
    await store_metadata(installation, two.a, "transactions", odd.transaction_id)
    await store_metadata(installation, two.a, "checkouts", checkout_id)

    for path in (f"/transactions/{odd.transaction_id}", f"/checkouts/{checkout_id}"):
        answer = await two.a.ask("GET", path)
        assert answer.status_code == 200, answer.text
    for seller, known in ((two.a, {sound.transaction_id, odd.transaction_id}), (two.b, {of_b.transaction_id})):
        for path in ("transactions", "checkouts"):
            listed = await seller.ask("GET", f"/{path}")
            assert listed.status_code == 200, listed.text
        rows = (await seller.ask("GET", "/transactions")).json()["transactions"]
        assert {row["id"] for row in rows} == known


async def store_metadata(installation: Installation, seller: Seller, collection: str, identifier: str) -> None:
    """Metadata with half an emoji, encrypted as svc-transaction does it."""
    keyring = installation.runtimes["svc-transaction"].keyring
    text = json.dumps({"note": HALF})
    sealed = keyring.encrypt(seller.tenant.organization_id, collection, identifier, "metadata", text)
    rows = installation.database("svc-transaction")[collection]
    changed = await rows.update_one({"_id": identifier}, {"$set": {"metadata": sealed.model_dump()}})
    assert changed.modified_count == 1
