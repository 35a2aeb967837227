"""Requests of attackers, byte by byte: a clear 4xx with our error form, never a 500, and the process lives on."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from gateway_testkit.shop import checkout_body
from gateway_testkit.stack import REQUEST_S, Stack, fresh_address
from gateway_testkit.tenants import Tenant, furnish, open_tenant

DEEP = 20_000
# Servers close after an answer; one that keeps the connection has said all by then.
QUIET_S = 10
CONFUSABLE_IDS = ["65f0c0ffee65f0c0ffee65f۰", "６５f0c0ffee65f0c0ffee65f0", "65f0c0ffee65f0c0ffeе65f0", "%00" * 8]  # noqa: RUF001  # that is the test


@pytest_asyncio.fixture(scope="module")
async def tenant(stack: Stack) -> Any:
    tenant = await open_tenant(stack, "Attacked")
    await furnish(tenant)
    yield tenant
    await tenant.aclose()


async def raw(url: str, request: bytes) -> tuple[int, bytes]:
    """Status and body of an answer to exactly these bytes; like `Tenant.ask` it waits when the key asked too often."""
    while True:
        status, head, body = await _answer_to(url, request)
        fields = dict(line.lower().split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:] if ": " in line)
        if fields.get("rate-limited-reason") != "key":
            return status, body
        await asyncio.sleep(int(fields["retry-after"]))


async def _answer_to(url: str, request: bytes) -> tuple[int, bytes, bytes]:
    """Status, head and body."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(request)
        await writer.drain()
        answer = await _until_the_end(reader)
    except ConnectionError:
        return 400, b"", b""  # the server hung up on what is no HTTP
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]) if head else 400, head, body


async def _until_the_end(reader: asyncio.StreamReader) -> bytes:
    """All that comes until the server closes, or says nothing for a while."""
    answer = b""
    while True:
        try:
            chunk = await asyncio.wait_for(reader.read(65_536), QUIET_S if answer else REQUEST_S)
        except TimeoutError:
            return answer
        except ConnectionError:
            if answer:
                return answer  # what it did not read any more made it reset the connection after its answer
            raise
        if not chunk:
            return answer
        answer += chunk


def message(tenant: Tenant, *headers: bytes, path: bytes = b"/api/v1/sites", verb: bytes = b"GET") -> bytes:
    own = (b"Host: api", b"Authorization: Bearer " + tenant.key.encode(), b"Connection: close")
    return b"\r\n".join([verb + b" " + path + b" HTTP/1.1", *own, *headers, b"", b""])


async def post(tenant: Tenant, content: bytes, **headers: str) -> Any:
    path = f"/api/v1/checkouts/{tenant.ids['site_id']}/create"
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with tenant.stack.admin(tenant.key) as api:
        return await api.post(path, content=content, headers=named)


def assert_clear(answer: Any, *statuses: int) -> None:
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:300]}"
    body = answer.json()
    assert body["code"].isupper()
    assert body["requestId"] == answer.headers["X-Request-ID"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"metadata":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
        b'{"amount": NaN}',
        b'{"amount": 1' + b"0" * 5000 + b"}",
        b'{"amount": 49e2, "amount": "x"}',
        b'"\xed\xa0\x80"',
        b'{"email": "\xff\xfe"}',
        b"\xef\xbb\xbf{",
        b'{"externalReference": "\\ud800"}',
        b"\x1f\x8b\x08\x00garbage",
    ],
    ids=[
        "deep objects",
        "deep lists",
        "deep inside a field",
        "NaN",
        "number of 5000 digits",
        "exponent and duplicate",
        "lone surrogate, encoded",
        "invalid UTF-8",
        "byte order mark",
        "lone surrogate, escaped",
        "compressed",
    ],
)
async def test_json_that_is_none_or_too_much(tenant: Tenant, content: bytes) -> None:
    assert_clear(await post(tenant, content), 400, 413, 422)


async def test_a_field_given_twice_never_passes_by_its_first_value(tenant: Tenant) -> None:
    text = json.dumps(checkout_body())
    smuggled = text.replace('"amount": 4900', '"amount": 4900, "amount": -1', 1)
    assert_clear(await post(tenant, smuggled.encode()), 400, 422)


@pytest.mark.parametrize("field", ["externalReference", "email", "returnUrl", "locale"])
@pytest.mark.parametrize("bad", ["\x00", "a\x00b", "a\r\nSet-Cookie: x=1", "\u202e\u0000", "x" * 5000])
async def test_control_characters_and_length_in_fields(tenant: Tenant, field: str, bad: str) -> None:
    answer = await post(tenant, json.dumps(checkout_body(**{field: bad})).encode())
    assert_clear(answer, 422)


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/html",
    ],
)
async def test_another_content_type_is_not_read_as_json(tenant: Tenant, media_type: str) -> None:
    answer = await post(tenant, json.dumps(checkout_body()).encode(), Content_Type=media_type)
    assert_clear(answer, 415)


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "latin-1", "nonsense"])
async def test_another_charset_does_not_change_what_is_read(tenant: Tenant, charset: str) -> None:
    encoded = json.dumps(checkout_body()).encode("utf-16")
    answer = await post(tenant, encoded, Content_Type=f"application/json; charset={charset}")
    assert answer.status_code < 500, answer.text
    assert answer.status_code in (200, 400, 415, 422)


@pytest.mark.parametrize(
    "identifier", [*CONFUSABLE_IDS, "..", "%2e%2e%2fsites", "65F0C0FFEE65F0C0FFEE65F0", "$ne", "null", "0"]
)
async def test_ids_that_are_none(tenant: Tenant, identifier: str) -> None:
    for kind in ("sites", "providers", "clients", "checkouts", "transactions", "invoices"):
        answer = await tenant.ask("GET", f"/{kind}/{identifier}")
        assert answer.status_code in (404, 405), f"{kind}: {answer.text}"
        assert answer.json()["code"].endswith("NOT_FOUND"), answer.text


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=-1", "page=99999999999999999999999", "page=1e3", "page=a", "page=%00", "page=1001&limit=100",
        "limit=0", "limit=-5", "limit=101", "limit=9223372036854775808", "limit[]=1&limit[$gt]=0&limit=x",
        "cursor=%00", "cursor=" + "A" * 4000, "cursor=eyJpZCI6IiRuZSJ9", "from=yesterday", "to=0000-00-00T00:00:00Z",
        "from=9999-12-31T23:59:59%2B14:00&to=0001-01-01T00:00:00Z&page=-1",
    ],
)  # fmt: skip
async def test_pages_that_are_none(tenant: Tenant, query: str) -> None:
    for path in ("/sites", "/checkouts", "/transactions", "/invoices", "/clients", "/cases", "/domains", "/audit"):
        answer = await tenant.ask("GET", f"{path}?{query}")
        assert_clear(answer, 400, 422)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"])
async def test_the_ends_of_time(tenant: Tenant, moment: str) -> None:
    for path in ("/sites", "/checkouts", "/transactions", "/invoices", "/clients", "/cases", "/domains", "/audit"):
        for name in ("from", "to"):
            answer = await tenant.ask("GET", f"{path}?{name}={moment}")
            assert answer.status_code in (200, 400, 422), f"{path}: {answer.status_code}"


@pytest.mark.parametrize(
    "filters", ["name[$ne]=x", "name=%00", "name=" + "(a%2B)%2B" * 200 + "$", "siteId=$where", "email=%27"]
)
async def test_filters_are_values_and_never_queries(tenant: Tenant, filters: str) -> None:
    for path in ("/sites", "/clients", "/checkouts", "/invoices"):
        answer = await tenant.ask("GET", f"{path}?{filters}")
        assert answer.status_code in (200, 400, 422), f"{path}: {answer.status_code} {answer.text[:200]}"


@pytest.mark.parametrize("value", [b"a" * 256, b"", b"   ", b"\xff\xfe", b"a\tb", b"\x7f", "schl\u00fcssel".encode()])
async def test_idempotency_keys_that_are_none(tenant: Tenant, value: bytes) -> None:
    said = (b"Content-Type: application/json", b"Content-Length: 2")
    request = message(tenant, b"Idempotency-Key: " + value, *said, verb=b"POST") + b"{}"
    status, body = await raw(tenant.stack.descriptor["urls"]["adminApi"], request)
    assert status in (400, 422), body


@pytest.mark.parametrize("name", [b"Idempotency-Key", b"X-Request-ID", b"traceparent", b"Authorization", b"Cookie"])
async def test_headers_cannot_be_injected(tenant: Tenant, name: bytes) -> None:
    """Requests that a proxy let through with a bare line feed, a NUL or a fold in it."""
    for value in (b"a\nX-Injected: 1", b"a\rX-Injected: 1", b"a\x00b", b"a\r\n folded"):
        status, body = await raw(tenant.stack.descriptor["urls"]["adminApi"], message(tenant, name + b": " + value))
        assert status < 500, (value, body)
        assert b"X-Injected" not in body


async def test_a_request_id_of_the_caller_is_echoed_only_if_harmless(tenant: Tenant) -> None:
    async with tenant.stack.admin(tenant.key) as api:
        for offered, kept in (
            ("order-12345678", True),
            ("short", False),
            ("a" * 129, False),
            ("<script>alert(1)</script>", False),
            ("{{7*7}}aaaaaaaa", False),
        ):
            answer = await api.get("/api/v1/sites", headers={"X-Request-ID": offered})
            assert answer.status_code == 200
            assert (answer.headers["X-Request-ID"] == offered) is kept, offered


@pytest.mark.parametrize("api", ["adminApi", "checkoutApi"])
async def test_headers_beyond_all_measure(tenant: Tenant, api: str) -> None:
    url = tenant.stack.descriptor["urls"][api]
    for headers in (
        [b"X-Long: " + b"a" * 200_000],
        [b"X-%d: a" % number for number in range(5_000)],
        [b"Cookie: " + b"a=b;" * 20_000],
    ):
        status, _ = await raw(url, message(tenant, *headers, path=b"/health"))
        assert status < 500
    for line in (
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"\x00" * 100,
    ):
        status, _ = await raw(url, line + b"\r\n\r\n")
        assert 400 <= status < 500
    status, _ = await raw(url, message(tenant, path=b"/health"))
    assert status == 200, "the process lives on"


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked, identity",
        b"Content-Length: -1",
        b"Content-Length: +5",
        b"Transfer-Encoding : chunked",
    ],
)
async def test_requests_cannot_be_smuggled(tenant: Tenant, framing: bytes) -> None:
    """A request whose length two servers might read differently gets one answer at most, and no 200 for the second."""
    second = b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    request = message(tenant, framing, verb=b"POST", path=b"/api/v1/sites") + b"0\r\n\r\n" + second
    status, body = await raw(tenant.stack.descriptor["urls"]["adminApi"], request)
    assert 400 <= status < 500
    assert b'"status":"ok"' not in body


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer ", "bearer \u00e9", "Basic YWRtaW46YWRtaW4=", "Bearer sk_test_", "Bearer sk_test_x.y",
        "Bearer sk_live_" + "0" * 24 + ".", "Bearer " + "sk_test_" + "0" * 24 + "." + "A" * 4000,
        "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer eyJ", "Bearer ey\u00ff", "Bearer null", "Bearer {}",
        "Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ.e30.AAAA",
    ],
)  # fmt: skip
async def test_credentials_that_are_none(tenant: Tenant, authorization: str) -> None:
    header = b"Authorization: " + authorization.encode("latin-1")
    lines = [b"GET /api/v1/sites HTTP/1.1", b"Host: a", header, b"X-Real-IP: " + fresh_address().encode()]
    request = b"\r\n".join([*lines, b"Connection: close", b"", b""])
    status, body = await raw(tenant.stack.descriptor["urls"]["adminApi"], request)
    assert status in (401, 429), body
    assert json.loads(body)["code"] in ("INVALID_API_KEY", "SESSION_INVALID", "RATE_LIMITED")


@pytest.mark.parametrize("session", ["", "cs_", "cs_" + "\u00e9" * 32, "cs_" + "A" * 5000, "../x", "cs_" + "A" * 32])
async def test_sessions_that_are_none(tenant: Tenant, session: str) -> None:
    request = [
        b"GET /api/v1/transactions/" + tenant.ids["transaction_id"].encode() + b"/status HTTP/1.1",
        b"Host: pay", b"X-Real-IP: " + fresh_address().encode(),
        b"X-Checkout-Session: " + session.encode(), b"Connection: close", b"", b"",
    ]  # fmt: skip
    status, body = await raw(tenant.stack.descriptor["urls"]["checkoutApi"], b"\r\n".join(request))
    assert status == 404, body
    assert json.loads(body)["code"] == "TRANSACTION_NOT_FOUND"
