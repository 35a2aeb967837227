"""Every simulator answers what it cannot handle, and its own faults, in the JSON of its provider."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway_simulators.gocardless.api import unmatched as gocardless
from gateway_simulators.mollie.web.api import unmatched as mollie
from gateway_simulators.paypal.gate import unmatched as paypal
from gateway_simulators.stripe.web.api import unmatched as stripe
from gateway_simulators.unmatched import exception_handlers
from gateway_simulators.wise.api import unmatched as wise

PROVIDERS: list[tuple[Callable[[Request, int], Response], Callable[[Any], Any], dict[int, Any]]] = [
    (stripe, lambda body: body["error"]["type"], {404: "invalid_request_error", 500: "api_error"}),
    (mollie, lambda body: body["status"], {404: 404, 500: 500}),
    (gocardless, lambda body: body["error"]["type"], {404: "invalid_api_usage", 500: "gocardless"}),
    (paypal, lambda body: body["name"], {404: "RESOURCE_NOT_FOUND", 500: "INTERNAL_SERVER_ERROR"}),
    (wise, lambda body: body["errors"][0]["code"], {404: "NOT_FOUND", 500: "INTERNAL_ERROR"}),
]
NAMES = ["stripe", "mollie", "gocardless", "paypal", "wise"]


@pytest.mark.parametrize(("answer", "kind", "expected"), PROVIDERS, ids=NAMES)
@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/crash", 500)])
async def test_the_answer_is_json_in_the_providers_shape(
    answer: Any, kind: Any, expected: dict[int, Any], path: str, status: int
) -> None:
    async def crash(request: Request) -> Response:
        raise RuntimeError("a fault of the simulator")

    app = Starlette(routes=[Route("/crash", crash)], exception_handlers=exception_handlers(answer))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        got = await client.get(path)

    assert got.status_code == status
    assert "json" in got.headers["content-type"]
    assert kind(json.loads(got.text)) == expected[status]
