"""Whatever stands in a field of either public API: a clear answer, no server error, and all can be read afterwards.

Both OpenAPI documents are walked: a new field is tried automatically. All services run in this process
on real servers; what is accepted is really stored and listed again.
"""

import itertools
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from admin_api.web.examples import EXAMPLES
from gateway_testkit.both_apis import ADDRESS, API, FULL_CHECKOUT, Shop, running_shop
from gateway_testkit.nightly import IS_NIGHTLY
from gateway_testkit.openapi import Path, is_stream, leaves, operations, with_value

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800)]

NOBODYS = "f" * 24
HALF, NEST = "\ud83d", "@@nest@@"
HALF_BYTES = HALF.encode("utf-8", "surrogatepass")
NESTED = "[" * 500_000 + "]" * 500_000
"""With what stands around it just under 1 MiB, the largest body."""
SPARED = ("/shred", "/revoke")
"""Operations that would take the tenant of this test away: they get ids that do not exist."""
FULL = FULL_CHECKOUT
SHARE = 1 if IS_NIGHTLY else 9
"""One in so many pairs of a field and a value of the merchants' API. A field has ten or fourteen values, so each takes
part, and neighbours take different values."""


@pytest_asyncio.fixture(scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    async with running_shop(tmp_path_factory.mktemp("values")) as made:
        yield made


def flaw(answer: httpx.Response) -> str | None:
    """Fault of an answer, whatever was asked: an internal error, or a refusal in another form."""
    shown = f"{answer.status_code} {answer.text[:200]}"
    if answer.status_code >= 500:
        return shown
    if answer.status_code < 400:
        return None
    if answer.headers["content-type"] != "application/json":
        return f"no JSON: {shown}"
    body = answer.json()
    if not {"error", "code", "requestId", "details"} <= set(body) or not re.fullmatch("[A-Z][A-Z0-9_]+", body["code"]):
        return f"not the form of errors: {shown}"
    if body["requestId"] != answer.headers["x-request-id"]:
        return f"another request's id: {shown}"
    if HALF_BYTES in answer.content:
        return f"quotes what is no text: {shown}"
    return None


def bad_values(shape: dict[str, Any], *, is_whole: bool) -> Iterator[Any]:
    """Values for a field: nothing, half characters, control characters, other types, too much of everything,
    absurd numbers."""
    if is_whole:
        yield from (NEST, [], None, "", True, HALF, 10**30, {HALF: "a"}, {"a": {"b": [HALF]}})
        return
    yield from ("", None, HALF, "a\x00b", [], 2**63)
    if shape.get("type") == "string":
        longest = shape.get("maxLength", 200)
        yield from ("x" * (longest + 1), "\U0001f600" * longest, "\x1b", "9" * 30)
    else:
        yield from (-1, 1.5, 2**31, 10**30, float("nan"), True, {HALF: "a"}, "NaN")


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
    failed, statuses, session = [], Counter[int](), ""
    for place, template in variants(
        document, schema, {"billingAddress": ADDRESS, "providerId": shop.ids["provider_id"]}
    ):
        session = session or await shop.session()
        body = template
        if not place or place[0] != "sessionPublicId":
            body = template[:-1] + f', "sessionPublicId": "{session}"}}' if template.endswith("}") else template
        answer = await shop.pay(body)
        statuses[answer.status_code] += 1
        if wrong := flaw(answer):
            failed.append(f"{place} {body[:200]}: {wrong}")
        if answer.is_success:
            shop.ids["transaction_id"] = answer.json()["transactionId"]
            headers = {"X-Checkout-Session": session}
            for path in (f"/transactions/{shop.ids['transaction_id']}/status", f"/checkouts/{session}/documents"):
                read = await shop.customers.get(f"{API}{path}", headers=headers)
                if read.status_code != 200:
                    failed.append(f"{place} {body[:200]} breaks {path}: {read.text[:200]}")
            session = ""  # paid for: the next one needs another
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


async def test_the_size_of_all_texts_is_reported(shop: Shop) -> None:
    body = {**FULL, "metadata": {str(place): "\U0001f600" * 500 for place in range(40)}}
    answer = await shop.ask("POST", f"/checkouts/{shop.ids['site_id']}/create", body)

    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert "65536" in answer.json()["error"]


def reads_after(document: dict[str, Any], path: str, answer: Any, ids: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Readable objects that an accepted write may have broken: the object, those above it, and their lists."""
    gets = {found.removeprefix(API): methods["get"] for found, methods in document["paths"].items() if "get" in methods}
    parts = path.split("/")
    for length in range(2, len(parts) + 1):
        place = "/".join(parts[:length])
        if place in gets:
            names = {parameter["name"] for parameter in gets[place].get("parameters", [])}
            yield _path(place, ids) + ("?limit=5" if "limit" in names else ""), gets[place]
    made = answer.get("id") if isinstance(answer, dict) else None
    for place in gets:
        if isinstance(made, str) and re.fullmatch(re.escape(path) + r"/\{\w+\}", place):
            yield f"{_path(path, ids)}/{made}", gets[place]


async def broken_reads(shop: Shop, document: dict[str, Any], path: str, answer: Any, key: str | None) -> list[str]:
    """The reads after an accepted write with that key that fail."""
    found = []
    for place, operation in reads_after(document, path, answer, shop.ids):
        read = await shop.ask("GET", place, key=shop.system_key if is_system(operation) else key)
        if read.status_code != 200 and not (read.status_code == 404 and NOBODYS in place):
            found.append(f"{place}: {read.status_code} {read.text[:200]}")
    return found


def is_system(operation: dict[str, Any]) -> bool:
    return operation.get("x-required-role") == "global"


async def test_no_value_in_a_body_of_the_merchants_api_is_a_server_error(shop: Shop) -> None:
    document = (await shop.merchants.get(f"{API}/openapi.json")).json()
    failed: list[str] = []
    turns = itertools.cycle(range(SHARE))
    for method, full_path, operation in operations(document):
        if "requestBody" not in operation:
            continue
        path = full_path.removeprefix(API)
        name, target = f"{method} {path}", _path(path, shop.ids)
        key = shop.system_key if is_system(operation) else None
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for place, body in variants(document, schema, _base(name, shop.ids)):
            if next(turns):
                continue
            answer = await shop.ask(method, target, body, key=key)
            shop.statuses[answer.status_code] += 1
            if wrong := flaw(answer):
                failed.append(f"{name} {place} {body[:200]}: {wrong}")
            if answer.is_success:
                read = answer.json() if answer.content else None
                failed += [
                    f"{name} {place} {body[:200]} breaks {broken}"
                    for broken in await broken_reads(shop, document, path, read, key)
                ]
    await shop.all_lists_can_be_read()
    assert failed == []
    # Requests were both accepted and refused: the values are neither all absurd nor all tame.
    assert shop.statuses[422] > 1_000 / SHARE
    assert shop.statuses[200] + shop.statuses[201] > 50 / SHARE, shop.statuses


PARAMETERS = (
    "",
    "a\x00b",
    HALF.encode("utf-8", "surrogatepass"),
    "x" * 3_000,
    "-1",
    str(2**63),
    "NaN",
    "9" * 5_000,
    "[]",
)


async def test_no_parameter_of_the_merchants_api_is_a_server_error(shop: Shop) -> None:
    document = (await shop.merchants.get(f"{API}/openapi.json")).json()
    failed: list[str] = []
    for method, full_path, operation in operations(document):
        path = full_path.removeprefix(API)
        if is_stream(operation):
            continue
        key = shop.system_key if is_system(operation) else None
        for parameter in operation.get("parameters", []):
            for value in PARAMETERS:
                answer = await _with_parameter(shop, method, path, parameter, value, key)
                if answer is not None and (wrong := flaw(answer)):
                    failed.append(f"{method} {path} {parameter['name']}={value!r:.60}: {wrong}")
    assert failed == []
    await shop.all_lists_can_be_read()


async def _with_parameter(
    shop: Shop, method: str, path: str, parameter: dict[str, Any], value: Any, key: str | None
) -> Any:
    name, ids = parameter["name"], dict.fromkeys(("api_key_id", "member_id", "provider_id", "site_id"), NOBODYS)
    known = {**shop.ids, **(ids if method == "DELETE" else {})}
    if parameter["in"] == "query":
        return await shop.ask(method, _path(path, known), key=key, params={name: value})
    if parameter["in"] == "path":
        if value == "":
            return None  # another path
        return await shop.ask(method, _path(path, {**known, name: _quoted(value)}), key=key)
    headers = _header(name, value)
    return headers and await shop.ask(method, _path(path, known), key=key, headers=headers)


def _quoted(value: Any) -> str:
    return str(httpx.QueryParams({"v": value})).removeprefix("v=").replace("+", "%20")


def _header(name: str, value: Any) -> dict[str, str] | None:
    """None: no server lets such a header through."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return {name: text} if text.isprintable() and len(text) <= 4_000 else None


async def test_no_parameter_of_the_customers_api_is_a_server_error(shop: Shop) -> None:
    document = (await shop.customers.get(f"{API}/openapi.json")).json()
    ids = {**shop.ids, "document_id": NOBODYS}
    failed, statuses = [], Counter[int]()
    for method, path, operation in operations(document):
        if is_stream(operation):
            continue
        for parameter in operation.get("parameters", []):
            for value in PARAMETERS:
                target, headers = path.format(**ids), {"X-Checkout-Session": ids["session_public_id"]}
                if parameter["in"] == "path":
                    target = path.format(**{**ids, parameter["name"]: _quoted(value) or "x"})
                else:
                    headers |= _header(parameter["name"], value) or {}
                answer = await shop.customers.request(method, target, headers=headers)
                statuses[answer.status_code] += 1
                if wrong := flaw(answer):
                    failed.append(f"{method} {path} {parameter['name']}={value!r:.60}: {wrong}")
    assert failed == []
    assert statuses[404] > 20, statuses
    await shop.all_lists_can_be_read()


OTHER_TYPES = (None, "", "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data")
UNREADABLE = (b"{", b"a=b", b"<a/>", b"\xff\xfe{\x00}\x00", b"[]", b"null", b'"{}"', NESTED.encode(), b" ")


async def test_a_body_in_another_form_is_refused_by_every_operation_of_both_apis(shop: Shop) -> None:
    failed, seen = [], 0
    for api in (shop.merchants, shop.customers):
        document = (await api.get(f"{API}/openapi.json")).json()
        for method, path, operation in operations(document):
            if method == "GET" or path.startswith(API + "/auth"):
                continue  # no body, or other credentials than a key
            seen += 1
            key = shop.system_key if is_system(operation) else shop.key
            headers = {"Authorization": f"Bearer {key}", "X-Checkout-Session": shop.ids["session_public_id"]}
            target = API + _path(path.removeprefix(API), {**shop.ids, **_spared(method)})
            for content_type in OTHER_TYPES:
                sent = headers | ({} if content_type is None else {"Content-Type": content_type})
                answer = await api.request(method, target, content=b"a=b", headers=sent)
                if (answer.status_code, answer.json()["code"]) != (415, "UNSUPPORTED_MEDIA_TYPE") or flaw(answer):
                    failed.append(f"{method} {path} {content_type}: {answer.status_code} {answer.text[:200]}")
            for content in UNREADABLE:
                sent = headers | {"Content-Type": "application/json; charset=utf-8"}
                answer = await api.request(method, target, content=content, headers=sent)
                if answer.status_code not in (400, 413) or flaw(answer):
                    failed.append(f"{method} {path} {content[:20]!r}: {answer.status_code} {answer.text[:200]}")
    assert failed == []
    assert seen > 40
    await shop.all_lists_can_be_read()


def _spared(method: str) -> dict[str, str]:
    names = ("api_key_id", "member_id", "provider_id", "site_id", "client_id", "organization_id")
    return dict.fromkeys(names, NOBODYS) if method == "DELETE" else {}


async def test_a_query_parameter_that_is_not_declared_is_refused_by_every_operation(shop: Shop) -> None:
    document = (await shop.merchants.get(f"{API}/openapi.json")).json()
    failed = []
    for method, full_path, operation in operations(document):
        if not full_path.startswith(API):
            continue  # probes
        path = full_path.removeprefix(API)
        key = shop.system_key if is_system(operation) else None
        target = _path(path, {**shop.ids, **_spared(method)})
        names = [
            parameter["name"]
            for parameter in operation.get("parameters", [])
            if parameter["in"] == "query" and parameter["schema"].get("type") != "array"
        ]
        queries = {"unknown=1": ("UNKNOWN_PARAMETER", "unknown")}
        queries |= {f"{name}=1&{name}=1": ("VALIDATION_FAILED", name) for name in names}
        for query, (code, field) in queries.items():
            answer = await shop.ask(method, f"{target}?{query}", key=key)
            if path.startswith("/auth") and answer.status_code == 401:
                continue  # takes a person's token, and asks for it first
            refusal = (
                answer.status_code,
                answer.json()["code"],
                [problem["field"] for problem in answer.json()["details"]],
            )
            if refusal != (422, code, [field]) or flaw(answer):
                failed.append(f"{method} {path}?{query}: {answer.status_code} {answer.text[:200]}")
    assert failed == []
