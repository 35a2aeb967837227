"""Both public APIs as applications without anything behind them: for tests of what their OpenAPI documents say."""

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from admin_api.web.application import create_application
from checkout_api.web import checkouts, events, health, transactions
from checkout_api.web.openapi import install_openapi


@cache
def merchants() -> FastAPI:
    return create_application(cast(Any, SimpleNamespace()))


@cache
def customers() -> FastAPI:
    app = FastAPI()
    for module in (health, checkouts, transactions, events):
        app.include_router(module.router)
    install_openapi(app)
    return app


def routes(app: FastAPI) -> Iterator[tuple[str, APIRoute]]:
    """Every route with its whole path."""

    def walk(found: Any, prefix: str) -> Iterator[tuple[str, APIRoute]]:
        for route in found:
            inner: APIRouter | None = getattr(route, "original_router", None)
            if inner is not None:
                yield from walk(inner.routes, prefix + getattr(getattr(route, "include_context", None), "prefix", ""))
            elif isinstance(route, APIRoute):
                yield prefix + route.path, route

    yield from walk(app.routes, "")
