"""The middlewares, driven with raw ASGI messages where a client library would hide what happens."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateway_kit import context
from gateway_kit.http.asgi import (
    BASE_HEADERS,
    Receive,
    RequestContext,
    Scope,
    SecurityHeaders,
    Send,
    TrustedProxyAddress,
    send_json,
)
from gateway_kit.http.bodies import OPEN_LIMITS
from gateway_kit.http.edge import edge
from gateway_kit.telemetry import current_traceparent
from gateway_kit.trace_budget import TraceBudget
from gateway_testkit.asgi_bodies import read_body


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what the middlewares made of the request."""
    body = await read_body(receive)
    client = scope.get("client")
    await send_json(
        send,
        200,
        {"bytes": len(body), "requestId": context.request_id.get(), "client": client[0] if client else None},
    )


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a secret detail")


def client_of(app: Any, address: str = "203.0.113.9") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 1), raise_app_exceptions=True)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize("offered", ["abcdef12", "3f0c9b1e-1111-4222-8333-444455556666", "req_0123456789"])
async def test_safe_request_id_is_kept_bound_and_echoed(offered: str) -> None:
    async with client_of(RequestContext(echo)) as client:
        answer = await client.post("/", headers={"X-Request-ID": offered})

    assert answer.headers["x-request-id"] == offered
    assert answer.json()["requestId"] == offered


@pytest.mark.parametrize(
    "offered", ["short", "has space inside", 'quote"injection"', "x" * 200, "../../etc/passwd", ""]
)
async def test_unsafe_request_id_is_replaced(offered: str) -> None:
    async with client_of(RequestContext(echo)) as client:
        answer = await client.post("/", headers={"X-Request-ID": offered})

    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["x-request-id"] == answer.json()["requestId"]


async def test_unhandled_error_is_answered_without_detail_and_with_the_request_id() -> None:
    async with client_of(RequestContext(broken)) as client:
        answer = await client.get("/")

    assert answer.status_code == 500
    assert answer.json() == {
        "error": "internal error",
        "code": "INTERNAL_ERROR",
        "requestId": answer.headers["x-request-id"],
        "details": [],
    }


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("10.0.0.5", "198.51.100.7"),
        ("::ffff:10.0.0.5", "198.51.100.7"),
        ("10.9.0.1", "198.51.100.7"),
        ("203.0.113.9", "203.0.113.9"),
    ],
)
async def test_forwarded_address_counts_only_from_a_trusted_proxy(peer: str, expected: str) -> None:
    app = TrustedProxyAddress(echo, trusted=["10.0.0.5", "10.9.0.0/16"])
    async with client_of(app, peer) as client:
        answer = await client.get("/", headers={"X-Real-IP": "198.51.100.7", "X-Forwarded-For": "192.0.2.1"})

    assert answer.json()["client"] == expected


async def test_malformed_forwarded_address_is_ignored() -> None:
    async with client_of(TrustedProxyAddress(echo, trusted=["10.0.0.5"]), "10.0.0.5") as client:
        answer = await client.get("/", headers={"X-Real-IP": "<script>"})

    assert answer.json()["client"] == "10.0.0.5"


async def test_security_headers_are_added_and_an_own_one_wins() -> None:
    async def with_own_policy(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-security-policy", b"default-src 'self'")]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async with client_of(SecurityHeaders(with_own_policy, headers=BASE_HEADERS)) as client:
        answer = await client.get("/")

    assert answer.headers["content-security-policy"] == "default-src 'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


async def test_edge_secures_even_the_answer_to_a_bug_and_to_a_large_body() -> None:
    small = replace(OPEN_LIMITS, body_bytes=4)
    app = edge(broken, trusted_proxies=[], is_https=True)
    async with client_of(app) as client:
        bug = await client.get("/")
    async with client_of(edge(echo, trusted_proxies=[], is_https=True, open_limits=small)) as client:
        large = await client.post("/", content=b"12345")

    assert (bug.status_code, large.status_code) == (500, 413)
    assert large.headers["strict-transport-security"] == "max-age=31536000"
    assert large.headers["x-request-id"] == large.json()["requestId"]


TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


async def traced(*flags: str, traces: TraceBudget | None = None) -> list[str]:
    """Trace that is passed on to the services behind."""
    seen: list[str] = []

    async def records(scope: Scope, receive: Receive, send: Send) -> None:
        version, trace_id, _, trace_flags = (current_traceparent() or "---").split("-")
        seen.append(f"{version}-{trace_id}-{trace_flags}")
        await send_json(send, 200, {})

    async with client_of(RequestContext(records, traces=traces)) as client:
        for flag in flags:
            await client.get("/", headers={"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-{flag}"})
    return seen


async def test_traceparent_of_the_caller_is_continued() -> None:
    assert await traced("01") == [f"00-{TRACE_ID}-01"]


async def test_callers_cannot_have_more_traces_recorded_than_the_budget_allows() -> None:
    budget = TraceBudget(ratio=1, per_second=2, now=lambda: 0.0)

    seen = await traced("00", "01", "01", "01", "03", traces=budget)

    assert [one[-2:] for one in seen] == ["00", "01", "01", "00", "00"]
    assert {one[:-3] for one in seen} == {f"00-{TRACE_ID}"}
