"""Whatever stands in a field of either public API: a clear answer, no server error, and all can be read afterwards.

Both OpenAPI documents are walked: a new field is tried without anybody thinking of it. All services run in this process
on real servers; what is accepted is really stored and listed again.
"""

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

import admin_api.app
import checkout_api.app
from admin_api.web.examples import EXAMPLES
from gateway_kit.limits.buckets import Buckets
from gateway_testkit.inprocess import running_service
from gateway_testkit.openapi import Path, leaves, operations, with_value
from gateway_testkit.parts import SERVICES, parts_in
from gateway_testkit.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

API = "/api/v1"
NOBODYS = "f" * 24
HALF, NEST = "\ud83d", "@@nest@@"
NESTED = "[" * 450_000 + "]" * 450_000
SPARED = ("/shred", "/revoke")
"""Operations that would take the tenant of this test away: they get ids that nobody has."""
ADDRESS = {"name": "Jane Doe", "line1": "Main 1", "city": "Berlin", "postalCode": "10115", "country": "DE"}
FULL = {
    "amount": 4900,
    "currency": "EUR",
    "externalReference": "ORDER-1",
    "email": "jane@example.com",
    "items": [{"name": "Mug", "description": "Blue", "quantity": 1, "unitPrice": 4900, "vatRate": "19"}],
    "billingAddress": ADDRESS,
    "metadata": {"order": "1"},
}
INVOICING = {
    "enabled": True,
    "autoGenerateInvoice": True,
    "companyName": "Shop GmbH",
    "companyAddress": {"street": "Main 1", "postalCode": "10115", "city": "Berlin", "country": "DE"},
}
LISTS = (
    "/checkouts",
    "/transactions",
    "/invoices",
    "/credit-notes",
    "/clients",
    "/cases",
    "/customer-holds",
    "/sites",
    "/providers",
    "/domains",
    "/audit",
    "/organizations/{organization_id}/api-keys",
    "/organizations/{organization_id}/members",
)


@dataclass
class Shop:
    """Both APIs of an installation and a tenant with one of everything."""

    merchants: httpx.AsyncClient
    customers: httpx.AsyncClient
    system_key: str
    ids: dict[str, str] = field(default_factory=dict)
    key: str = ""
    statuses: Counter[int] = field(default_factory=Counter)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def ask(self, verb: str, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> Any:
        """A request to the merchants' API; a body may be text already."""
        content = body if isinstance(body, str) or body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"}
        if verb == "POST":
            headers["Idempotency-Key"] = f"key-{next(self.numbers)}"
        headers |= options.pop("headers", {})
        return await self.merchants.request(verb, f"{API}{path}", content=content, headers=headers, **options)

    async def made(self, path: str, body: Any, *, key: str | None = None, verb: str = "POST") -> dict[str, Any]:
        answer = await self.ask(verb, path, body, key=key)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def session(self) -> str:
        made = await self.made(f"/checkouts/{self.ids['site_id']}/create", FULL)
        self.ids["checkout_id"] = made["id"]
        return str(made["sessionPublicId"])

    async def pay(self, body: Any) -> Any:
        """A request of a customer's page that begins a payment."""
        content = body if isinstance(body, str) else json.dumps(body)
        return await self.customers.post(
            f"{API}/transactions/create", content=content, headers={"Content-Type": "application/json"}
        )

    async def all_lists_can_be_read(self) -> None:
        for path in LISTS:
            answer = await self.ask("GET", path.format(**self.ids) + "?limit=100")
            assert answer.status_code == 200, f"{path}: {answer.text}"
        for path in (f"/checkouts/{self.ids['checkout_id']}", f"/transactions/{self.ids['transaction_id']}"):
            answer = await self.ask("GET", path)
            assert answer.status_code == 200, f"{path}: {answer.text}"
            assert answer.json().get("unavailable", []) == []


def _without_end() -> Any:
    """Ten seconds pass between any two requests: limits of requests have tests of their own."""

    async def opened(*_: Any) -> Buckets:
        return Buckets((), secret=b"test", monotonic=itertools.count(0.0, 10.0).__next__)

    return opened


@pytest_asyncio.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    with pytest.MonkeyPatch.context() as patch, parts_in(tmp_path_factory.mktemp("values")) as parts:
        for module in (admin_api.app, checkout_api.app):
            patch.setattr(module, "open_limits", _without_end())
        async with contextlib.AsyncExitStack() as stack:
            clients, runtimes = {}, []
            for service in SERVICES:
                runtime, served = await stack.enter_async_context(running_service(parts, service))
                runtimes.append(runtime)
                transport = httpx.ASGITransport(app=served, raise_app_exceptions=False, client=("127.0.0.1", 4711))
                client = httpx.AsyncClient(transport=transport, base_url="http://api", timeout=60)
                clients[service] = await stack.enter_async_context(client)
            made = Shop(clients["svc-admin-api"], clients["svc-checkout-api"], await parts.system_key())
            await _open_tenant(made, runtimes)
            yield made


async def _open_tenant(shop: Shop, runtimes: list[Any]) -> None:
    root, ids = shop.system_key, shop.ids
    ids["organization_id"] = (await shop.made("/organizations", {"name": "Shop", "country": "DE"}, key=root))["id"]
    keys = f"/organizations/{ids['organization_id']}/api-keys"
    shop.key = (await shop.made(keys, {"label": "all", "scopes": ["*:*"], "livemode": True}, key=root))["key"]
    ids["api_key_id"] = (await shop.made(keys, {"label": "spare", "scopes": ["site:read"], "livemode": True}))["id"]
    ids["system_key_id"] = (await shop.made("/system/api-keys", EXAMPLES["POST /system/api-keys"], key=root))["id"]
    await shop.made("/organizations/settings/invoicing", INVOICING, verb="PUT")
    ids["provider_id"] = (await shop.made("/providers", EXAMPLES["POST /providers"]))["id"]
    ids["site_id"] = (await shop.made("/sites", {"name": "Shop", "providerIds": [ids["provider_id"]]}))["id"]
    ids["client_id"] = (await shop.made("/clients", EXAMPLES["POST /clients"]))["id"]
    members = f"/organizations/{ids['organization_id']}/members"
    ids["member_id"] = (await shop.made(members, {"email": "x@example.com", "role": "viewer"}))["member"]["id"]
    for runtime in runtimes:
        await eventually(lambda runtime=runtime: runtime.config.site(ids["site_id"]))  # type: ignore[misc]  # a default binds it
    ids["session_public_id"] = await shop.session()
    started = await shop.pay({"sessionPublicId": ids["session_public_id"], "providerId": ids["provider_id"]})
    assert started.is_success, started.text
    ids["transaction_id"] = started.json()["transactionId"]
    await shop.made(
        f"/transactions/{ids['transaction_id']}/receipts", EXAMPLES["POST /transactions/{transaction_id}/receipts"]
    )
    refund = {"amount": 1, "reason": "test"}
    ids["refund_id"] = (await shop.made(f"/transactions/{ids['transaction_id']}/refunds", refund))["id"]


def bad_values(shape: dict[str, Any], *, is_whole: bool) -> Iterator[Any]:
    """What is put into a field: half characters, control characters, too much of everything, absurd numbers."""
    if is_whole:
        yield from (NEST, [], None, HALF, 10**30, {HALF: "a"}, {"a": {"b": [HALF]}})
        return
    yield from (HALF, "a\x00b", {"a": [HALF]}, 2**63, -1)
    if shape.get("type") == "string":
        longest = shape.get("maxLength", 200)
        yield from ("x" * (longest + 1), "x" * (100 * longest), "\U0001f600" * longest, "\x1b", "9" * 30)
    else:
        yield from (2**31, 10**30, float("nan"), {HALF: "a"}, "NaN", [])


def variants(document: dict[str, Any], schema: dict[str, Any], base: Any) -> Iterator[tuple[Path, str]]:
    """Bodies with one bad value each, as text."""
    yield (), json.dumps(NEST).replace(f'"{NEST}"', NESTED)
    for path, shape in leaves(document, schema):
        for value in bad_values(shape, is_whole=not path):
            yield path, json.dumps(with_value(base, path, value)).replace(f'"{NEST}"', NESTED)


def _base(name: str, ids: dict[str, str]) -> Any:
    if name == "POST /checkouts/{site_id}/create":
        return FULL
    example = dict(EXAMPLES.get(name, {}))
    if "siteId" in example:
        example["siteId"] = ids["site_id"]
    return {**FULL, **example} if name == "POST /transactions/manual" else example


def _path(path: str, ids: dict[str, str]) -> str:
    is_system = path.startswith("/system")
    known = {**ids, "api_key_id": ids["system_key_id"] if is_system else ids["api_key_id"]}
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    if any(spared in path for spared in SPARED):
        known = {}
    return path.format(**{name: known.get(name, NOBODYS) for name in names})


async def test_no_value_in_a_body_of_the_customers_api_is_a_server_error(shop: Shop) -> None:
    document = (await shop.customers.get(f"{API}/openapi.json")).json()
    operation = document["paths"][f"{API}/transactions/create"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    failed, statuses = [], Counter[int]()
    for place, template in variants(
        document, schema, {"billingAddress": ADDRESS, "providerId": shop.ids["provider_id"]}
    ):
        session = await shop.session()
        body = template
        if not place or place[0] != "sessionPublicId":
            body = template[:-1] + f', "sessionPublicId": "{session}"}}' if template.endswith("}") else template
        answer = await shop.pay(body)
        statuses[answer.status_code] += 1
        if answer.status_code >= 500:
            failed.append(f"{place} {body[:200]}: {answer.status_code} {answer.text[:200]}")
        if answer.is_success:
            shop.ids["transaction_id"] = answer.json()["transactionId"]
            headers = {"X-Checkout-Session": session}
            for path in (f"/transactions/{shop.ids['transaction_id']}/status", f"/checkouts/{session}/documents"):
                read = await shop.customers.get(f"{API}{path}", headers=headers)
                if read.status_code != 200:
                    failed.append(f"{place} {body[:200]} breaks {path}: {read.text[:200]}")
    await shop.all_lists_can_be_read()
    assert failed == []
    assert statuses[422] > 200, statuses
    assert statuses[200] >= 10, statuses


async def test_a_country_that_is_none_is_refused_at_both_apis(shop: Shop) -> None:
    session = await shop.session()
    for country in ("ZZ", "D" * 60_000, "Germany"):
        body = {
            "sessionPublicId": session,
            "providerId": shop.ids["provider_id"],
            "billingAddress": {**ADDRESS, "country": country},
        }
        merchants = {**FULL, "billingAddress": {**ADDRESS, "country": country}}
        answers = [
            await shop.pay(body),
            await shop.ask("POST", f"/checkouts/{shop.ids['site_id']}/create", merchants),
        ]
        for answer in answers:
            assert answer.status_code == 422, answer.text
            assert answer.json()["details"][0]["field"] == "billingAddress.country"


async def test_half_an_emoji_is_refused_at_its_field_and_nothing_breaks(shop: Shop) -> None:
    create = f"/checkouts/{shop.ids['site_id']}/create"
    for field_name, body in {
        "metadata.order": {**FULL, "metadata": {"order": HALF}},
        "metadata.\ufffd": {**FULL, "metadata": {HALF: "1"}},
        "items[0].name": {**FULL, "items": [{"name": HALF, "quantity": 1, "unitPrice": 4900}]},
        "externalReference": {**FULL, "externalReference": HALF},
        "billingAddress.city": {**FULL, "billingAddress": {**ADDRESS, "city": HALF}},
    }.items():
        answer = await shop.ask("POST", create, body)
        assert answer.status_code == 422, answer.text
        assert [problem["field"] for problem in answer.json()["details"]] == [field_name]
    whole = await shop.made(create, {**FULL, "metadata": {"order": "\U0001f600"}})
    read = await shop.ask("GET", f"/checkouts/{whole['id']}")
    assert read.json()["metadata"] == {"order": "\U0001f600"}
    await shop.all_lists_can_be_read()


async def test_the_size_of_all_texts_is_told(shop: Shop) -> None:
    body = {**FULL, "metadata": {str(place): "\U0001f600" * 500 for place in range(40)}}
    answer = await shop.ask("POST", f"/checkouts/{shop.ids['site_id']}/create", body)

    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert "65536" in answer.json()["error"]


async def test_no_value_in_a_body_of_the_merchants_api_is_a_server_error(shop: Shop) -> None:
    document = (await shop.merchants.get(f"{API}/openapi.json")).json()
    failed: list[str] = []
    for method, full_path, operation in operations(document):
        if "requestBody" not in operation:
            continue
        path = full_path.removeprefix(API)
        name, target = f"{method} {path}", _path(path, shop.ids)
        is_system = operation.get("x-required-role") == "global"
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        statuses = Counter[int]()
        for place, body in variants(document, schema, _base(name, shop.ids)):
            answer = await shop.ask(method, target, body, key=shop.system_key if is_system else None)
            statuses[answer.status_code] += 1
            if answer.status_code >= 500:
                failed.append(f"{name} {place} {body[:200]}: {answer.status_code} {answer.text[:200]}")
            elif answer.status_code == 422 and HALF.encode("utf-8", "surrogatepass") in answer.content:
                failed.append(f"{name} {place}: the refusal quotes what is no text")
        shop.statuses += statuses
        await shop.all_lists_can_be_read()
    assert failed == []
    # Requests were both accepted and refused: the values are neither all absurd nor all tame.
    assert shop.statuses[422] > 1_000
    assert shop.statuses[200] + shop.statuses[201] > 50, shop.statuses


async def test_no_parameter_of_the_merchants_api_is_a_server_error(shop: Shop) -> None:
    document = (await shop.merchants.get(f"{API}/openapi.json")).json()
    failed: list[str] = []
    values = [
        "a\x00b",
        HALF.encode("utf-8", "surrogatepass"),
        "x" * 3_000,
        "-1",
        str(2**63),
        "NaN",
        "9" * 5_000,
    ]
    for method, full_path, operation in operations(document):
        if method != "GET" and "requestBody" in operation:
            continue
        path = full_path.removeprefix(API)
        key = shop.system_key if operation.get("x-required-role") == "global" else None
        for parameter in operation.get("parameters", []):
            for value in values:
                answer = await _with_parameter(shop, method, path, parameter, value, key)
                if answer is not None and answer.status_code >= 500:
                    failed.append(f"{method} {path} {parameter['name']}={value!r:.60}: {answer.text[:200]}")
    assert failed == []
    await shop.all_lists_can_be_read()


async def _with_parameter(
    shop: Shop, method: str, path: str, parameter: dict[str, Any], value: Any, key: str | None
) -> Any:
    name, ids = parameter["name"], dict.fromkeys(("api_key_id", "member_id", "provider_id"), NOBODYS)
    known = {**shop.ids, **(ids if method == "DELETE" else {})}
    if parameter["in"] == "query":
        return await shop.ask(method, _path(path, known), key=key, params={name: value})
    if parameter["in"] == "path":
        quoted = httpx.QueryParams({"v": value}).__str__().removeprefix("v=").replace("+", "%20")
        return await shop.ask(method, _path(path, {**known, name: quoted}), key=key)
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    if not text.isprintable() or len(text) > 4_000:
        return None  # no server lets such a header through
    return await shop.ask(method, _path(path, known), key=key, headers={name: text})
