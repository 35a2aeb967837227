"""Whatever a route reads was looked through: the refusal names the field and comes before the schema."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import parse_qsl

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Query, Request
from pydantic import BaseModel, Field

from gateway_contracts.bodies import Body, Part
from gateway_contracts.limits import TEXTS_BYTES_MAX
from gateway_contracts.rules import DETAILS_MAX
from gateway_kit.http.problems import install_error_handlers
from gateway_kit.http.routing import FormRoute, Router, WarningsIn, require_inspecting

JSON = {"content-type": "application/json"}
FORM = "application/x-www-form-urlencoded"


class Order(Body):
    """A strict body."""

    name: str = ""
    extra: Any = None
    metadata: dict[str, str] = Field(default_factory=dict)
    counts: list[int] = Field(default_factory=list)


class Line(Part, extra="ignore"):
    """A line of an open body."""

    name: str


class OpenOrder(Body, extra="ignore"):
    """A body of which unknown fields are ignored."""

    lines: list[Line] = Field(default=[])


def build() -> Any:
    router = Router()

    @router.post("/orders")
    async def order(body: Order) -> dict[str, str]:
        return {"name": body.name}

    @router.post("/open")
    async def open_order(body: OpenOrder, request: Request, warnings: WarningsIn) -> dict[str, Any]:
        return {"seen": await request.json(), "warnings": [warning.field for warning in warnings]}

    @router.delete("/bare")
    @router.post("/bare")
    async def bare(request: Request) -> dict[str, Any]:
        return {"seen": await request.json()}

    @router.get("/found")
    async def found(q: Annotated[str, Query()] = "") -> dict[str, str]:
        return {"q": q}

    forms = Router(route_class=FormRoute)

    @forms.post("/form")
    async def form(request: Request) -> dict[str, str]:
        return dict(parse_qsl((await request.body()).decode()))

    app = FastAPI()
    app.include_router(router)
    app.include_router(forms)
    require_inspecting(app)
    install_error_handlers(app)
    return app


async def ask(verb: str, path: str, **options: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=build(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(verb, path, **options)


REFUSED: list[tuple[bytes, str]] = [
    (b'{"name": "\\ud83d"}', "name"),
    (b'{"extra": {"a": ["\\ud83d"]}}', "extra.a[0]"),
    (b'{"metadata": {"order": "a\\u0000"}}', "metadata.order"),
    (b'{"metadata": {"\\ud83d": "a"}}', "metadata.\ufffd"),
    (b'{"unknown": "\\u0007"}', "unknown"),
    (b'{"counts": [1, 99999999999999999999999999]}', "counts[1]"),
    (b'{"extra": NaN}', "extra"),
    (b'{"extra": 1e999}', "extra"),
    (b'{"extra": ' + b"9" * 10_000 + b"}", "extra"),
    (b'{"name": "a", "name": "b"}', "name"),
    (b'{"extra": ' + b"[" * 40 + b"]" * 40 + b"}", "extra" + "[0]" * 31),
]


@pytest.mark.parametrize(("body", "field"), REFUSED)
@pytest.mark.parametrize("path", ["/orders", "/bare"])
async def test_the_field_is_named(path: str, body: bytes, field: str) -> None:
    answer = await ask("POST", path, content=body, headers=JSON)

    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "VALIDATION_FAILED"
    assert [problem["field"] for problem in answer.json()["details"]] == [field]


@pytest.mark.parametrize("body", [b"{", b"[" * 200_000, b"\xff\xfe", b'{"name": "\xed\xa0\x80"}', b"\x00"])
async def test_what_cannot_be_read(body: bytes) -> None:
    for path in ("/orders", "/bare"):
        answer = await ask("POST", path, content=body, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")


async def test_all_texts_together_have_a_size_in_bytes() -> None:
    emoji = "\U0001f600" * (TEXTS_BYTES_MAX // 4)

    fits = await ask("POST", "/orders", json={"name": emoji})
    over = await ask("POST", "/orders", json={"name": emoji, "metadata": {"a": "x"}})

    assert fits.status_code == 200
    assert (over.status_code, over.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert str(TEXTS_BYTES_MAX) in over.json()["error"]


async def test_queries_are_texts_too() -> None:
    odd = await ask("GET", "/found?q=a%00b")
    half = await ask("GET", "/found?q=%ED%A0%BD")

    assert (odd.status_code, odd.json()["details"][0]["field"]) == (422, "q")
    assert half.status_code == 200
    assert half.json()["q"].encode()


IS_JSON = (
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    "application/json; charset=iso-8859-1",  # names no other encoding: JSON is UTF-8 (RFC 8259)
    "APPLICATION/JSON",
    "Application/Json ; v=1",
    "application/vnd.api+json",
    "application/merge-patch+json",
)
IS_NO_JSON = (
    None,
    "",
    "json",
    "text/plain",
    "text/json",
    "text/plain; charset=application/json",
    "text/xml",
    "application/xml",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "application/json, application/json",
    "application/json/x",
    "\xff\xfe",
)


@pytest.mark.parametrize("content_type", IS_JSON)
async def test_each_way_to_say_json(content_type: str) -> None:
    headers = {"content-type": content_type}

    for path, seen in (("/orders", {"name": "\u00e9"}), ("/bare", {"seen": {"name": "\u00e9"}})):
        answer = await ask("POST", path, content=b'{"name": "\xc3\xa9"}', headers=headers)
        assert (answer.status_code, answer.json()) == (200, seen)
        empty = await ask("POST", "/bare", content=b"", headers=headers)
        assert empty.json() == {"seen": None}


@pytest.mark.parametrize("content_type", IS_NO_JSON)
@pytest.mark.parametrize("body", [b'{"name": "a"}', b"name=a", b"<a/>", b"{broken", b" ", b"\xff"])
async def test_a_body_that_is_not_said_to_be_json(content_type: str | None, body: bytes) -> None:
    headers = {} if content_type is None else {"content-type": content_type.encode("latin-1")}

    for method, path in (("POST", "/orders"), ("POST", "/bare"), ("DELETE", "/bare")):
        answer = await ask(method, path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE"), answer.text
        assert "application/json" in answer.json()["error"]


@pytest.mark.parametrize("content_type", IS_JSON + IS_NO_JSON)
async def test_no_body_needs_no_content_type(content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type.encode("latin-1")}

    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    for content in (None, b"", nothing()):
        answer = await ask("POST", "/bare", content=content, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"seen": None})
    needed = await ask("POST", "/orders", headers=headers)
    assert (needed.status_code, needed.json()["code"]) == (400, "BAD_REQUEST")


async def test_two_content_types_are_none() -> None:
    for second in (b"application/json", b"text/plain"):
        headers = [(b"content-type", b"application/json"), (b"content-type", second)]
        answer = await ask("POST", "/orders", content=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
async def test_a_packed_body(coding: str) -> None:
    answer = await ask("POST", "/orders", content=b"\x1f\x8b", headers={**JSON, "content-encoding": coding})

    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert "Content-Encoding" in answer.json()["error"]
    plain = await ask("POST", "/orders", content=b"{}", headers={**JSON, "content-encoding": "Identity"})
    assert plain.status_code == 200


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b"null", b"1", b'"text"', b"true"])
async def test_json_that_is_no_object(body: bytes) -> None:
    for path in ("/orders", "/bare"):
        answer = await ask("POST", path, content=body, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
        assert answer.json()["error"] == "the body is not a JSON object"


async def test_a_byte_order_mark_is_passed_over() -> None:
    marked = await ask("POST", "/orders", content=b'\xef\xbb\xbf{"name": "a"}', headers=JSON)
    assert marked.json() == {"name": "a"}


async def test_a_route_of_a_form_takes_forms_only() -> None:
    form = await ask("POST", "/form", data={"name": "a"})
    none = await ask("POST", "/form", content=b"{}", headers=JSON)
    half = await ask("POST", "/form", content=b"name=%00", headers={"content-type": FORM})

    assert form.json() == {"name": "a"}
    assert (none.status_code, none.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert (half.status_code, half.json()["details"][0]["field"]) == (422, "name")


async def test_a_thousand_broken_fields_are_not_all_reported() -> None:
    answer = await ask("POST", "/orders", json={"counts": ["x"] * 1_000})
    assert len(answer.json()["details"]) == DETAILS_MAX


def test_a_route_of_another_router_is_refused_at_start() -> None:
    app, plain = FastAPI(), APIRouter()

    @plain.get("/plain")
    async def route() -> None:
        return None

    app.include_router(plain)
    with pytest.raises(TypeError, match="/plain"):
        require_inspecting(app)


async def test_ignored_fields_break_no_rule_and_are_not_passed_on() -> None:
    ignored = {"sku": "\ud83d\x00", "stock": 2**70, "text": "x" * 2 * TEXTS_BYTES_MAX, "deep": [[[[{}]]]] * 40}
    body = {"lines": [{"name": "a", **ignored}], "\ud83d": ignored}

    answer = await ask("POST", "/open", content=json.dumps(body), headers=JSON)

    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "seen": {"lines": [{"name": "a"}]},
        "warnings": ["lines[0].sku", "lines[0].stock", "lines[0].text", "lines[0].deep", "\ufffd"],
    }


async def test_what_is_known_still_counts_in_an_open_body() -> None:
    large = await ask("POST", "/open", json={"lines": [{"name": "x" * (TEXTS_BYTES_MAX + 1)}]})
    half = await ask("POST", "/open", content=b'{"lines": [{"name": "\\ud83d"}]}', headers=JSON)

    assert large.status_code == 413
    assert (half.status_code, half.json()["details"][0]["field"]) == (422, "lines[0].name")


def test_a_body_without_the_rules_of_bodies_is_refused_at_start() -> None:
    class Plain(BaseModel):
        name: str = ""

    for register in (Router().post, Router().put, Router().patch):
        with pytest.raises(TypeError, match="Plain"):

            @register("/plain")
            async def route(body: Plain) -> None:
                return None

    with pytest.raises(TypeError, match="ChangeBody"):

        @Router().patch("/orders")
        async def change(body: Order) -> None:
            return None
