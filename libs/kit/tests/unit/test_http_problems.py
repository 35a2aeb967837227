"""Every way in which a request fails, through a FastAPI application behind the edge."""

from dataclasses import replace
from typing import Annotated, Any, Literal

import httpx
import nats.errors
import pymongo.errors
import pytest
from fastapi import FastAPI, Request
from pydantic import AwareDatetime, Field
from starlette.responses import HTMLResponse, Response

from gateway_contracts.bodies import Body, Part
from gateway_contracts.errors import Conflict, FieldProblem, GatewayError, Invalid, NotFound, Transient
from gateway_kit.http.bodies import OPEN_LIMITS
from gateway_kit.http.edge import edge
from gateway_kit.http.problems import Problem, field_path, install_error_handlers, problem_of
from gateway_kit.http.routing import Router


class Item(Part):
    quantity: int = Field(ge=1)


class Order(Body):
    items: list[Item]


class Options(Body, strict=False):
    count: int = Field(1, ge=1, le=9)
    name: Annotated[str, Field(min_length=1, max_length=3)] = "a"
    kind: Literal["a", "b"] = "a"
    at: AwareDatetime | None = None
    tags: Annotated[list[str], Field(min_length=1)] = Field(default=["x"])


def build(raises: Exception | None = None, **options: Any) -> Any:
    app, router = FastAPI(), Router()
    install_error_handlers(app, **options)

    @router.post("/orders")
    async def order(body: Order) -> dict[str, int]:
        return {"items": len(body.items)}

    @router.post("/options")
    async def change_options(body: Options) -> None:
        pass

    @router.get("/fails")
    async def fails() -> None:
        assert raises is not None
        raise raises

    app.include_router(router)
    return edge(app, trusted_proxies=[], is_https=False, open_limits=replace(OPEN_LIMITS, body_bytes=1000))


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


async def failing(raises: Exception) -> httpx.Response:
    async with client_of(build(raises)) as client:
        return await client.get("/fails")


async def test_gateway_error_keeps_code_details_facts_and_request_id() -> None:
    answer = await failing(
        Conflict("already paid", code="ALREADY_PAID", details=[FieldProblem("id", "paid")], transactionId="t1")
    )

    assert answer.status_code == 409
    assert answer.json() == {
        "error": "already paid",
        "code": "ALREADY_PAID",
        "requestId": answer.headers["x-request-id"],
        "details": [{"field": "id", "message": "paid"}],
        "transactionId": "t1",
    }


async def test_facts_cannot_hide_the_named_fields() -> None:
    answer = await failing(NotFound("no such thing", error="x", requestId="y"))

    assert answer.json()["error"] == "no such thing"
    assert answer.json()["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("raises", "code"),
    [
        (Transient("later", retry_after_s=7), "TEMPORARILY_UNAVAILABLE"),
        (pymongo.errors.ServerSelectionTimeoutError("mongodb://user:password@host"), "DATABASE_UNAVAILABLE"),
        (pymongo.errors.NetworkTimeout("x"), "DATABASE_UNAVAILABLE"),
        (nats.errors.NoServersError(), "BROKER_UNAVAILABLE"),
        (nats.errors.NoRespondersError(), "BROKER_UNAVAILABLE"),
        (nats.errors.TimeoutError(), "TIMEOUT"),
        (TimeoutError(), "TIMEOUT"),
    ],
)
async def test_dependency_that_is_down_is_503_with_retry_after(raises: Exception, code: str) -> None:
    answer = await failing(raises)

    assert answer.status_code == 503
    assert answer.json()["code"] == code
    assert int(answer.headers["retry-after"]) >= 1
    assert "password" not in answer.text


@pytest.mark.parametrize("raises", [KeyError("secret"), GatewayError("secret")])
async def test_unexpected_error_is_500_without_detail(raises: Exception) -> None:
    answer = await failing(raises)

    assert answer.status_code == 500
    assert answer.json()["code"] == "INTERNAL_ERROR"
    assert "secret" not in answer.text


async def test_field_rules_are_422_with_paths() -> None:
    async with client_of(build()) as client:
        answer = await client.post("/orders", json={"items": [{"quantity": 0}, {}]})

    assert answer.status_code == 422
    assert answer.json()["code"] == "VALIDATION_FAILED"
    assert [item["field"] for item in answer.json()["details"]] == ["items[0].quantity", "items[1].quantity"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"", b'"text"', b"\xff\xfe", b"null"])
async def test_unreadable_body_is_400(body: bytes) -> None:
    async with client_of(build()) as client:
        answer = await client.post("/orders", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "BAD_REQUEST"


async def test_body_of_another_type_is_415() -> None:
    async with client_of(build()) as client:
        answer = await client.post("/orders", content=b"a=b", headers={"content-type": "text/plain"})

    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_large_body_is_413_also_through_the_framework() -> None:
    async with client_of(build()) as client:
        answer = await client.post("/orders", json={"items": [{"quantity": 1}] * 100})

    assert answer.status_code == 413


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("DELETE", "/orders", 405)])
async def test_errors_of_routing_have_the_same_form(method: str, path: str, status: int) -> None:
    async with client_of(build()) as client:
        answer = await client.request(method, path)

    assert answer.status_code == status
    assert set(answer.json()) == {"error", "code", "requestId", "details"}


async def test_own_rendering_comes_first() -> None:
    def page(request: Request, problem: Problem) -> Response | None:
        return HTMLResponse("page", status_code=problem.status) if request.url.path == "/fails" else None

    async with client_of(build(NotFound("x"), render=page)) as client:
        assert (await client.get("/fails")).text == "page"
        assert (await client.get("/other")).json()["code"] == "NOT_FOUND"


def test_field_path_reads_like_the_request() -> None:
    assert field_path(("body", "items", 0, "quantity")) == "items[0].quantity"
    assert field_path(("query", "limit")) == "limit"


def test_invalid_is_a_field_problem() -> None:
    problem = problem_of(Invalid.field("amount", "must be positive"))

    assert (problem.status, problem.details[0].field) == (422, "amount")


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"count": 0}, "count", "must be at least 1"),
        ({"count": 10}, "count", "must be at most 9"),
        ({"count": "many"}, "count", "must be an integer"),
        ({"count": 1.5}, "count", "must be an integer"),
        ({"name": 1}, "name", "must be a text"),
        ({"name": "abcd"}, "name", "must have at most 3 characters"),
        ({"kind": "c"}, "kind", "must be one of 'a', 'b'"),
        ({"at": "2026-01-31T12:00:00"}, "at", "needs a time zone, such as 2026-01-31T12:00:00Z"),
        ({"at": "soon"}, "at", "must be an ISO 8601 time, such as 2026-01-31T12:00:00Z"),
        ({"tags": []}, "tags", "must have at least 1 entries"),
        ({"tags": "x"}, "tags", "must be a list"),
    ],
)
async def test_broken_rules_are_reported_in_plain_words(body: dict[str, Any], field: str, message: str) -> None:
    async with client_of(build()) as client:
        answer = await client.post("/options", json=body)

    assert answer.status_code == 422
    assert answer.json()["details"] == [{"field": field, "message": message}]
    assert answer.json()["error"] == f"{field}: {message}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"count": 1', "the body is not JSON"),
        (b"[1]", "the body is not a JSON object"),
        (b"", "the body is not a JSON object"),
    ],
)
async def test_what_is_wrong_with_the_whole_body(content: bytes, message: str) -> None:
    async with client_of(build()) as client:
        answer = await client.post("/options", content=content, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["error"]) == (400, message)
