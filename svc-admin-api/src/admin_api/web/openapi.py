"""The OpenAPI document: FastAPI's, with our error form and the scope that each operation needs."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

_PROBLEM = {
    "type": "object",
    "description": "Every error has this form; some carry more facts beside these.",
    "required": ["error", "code", "requestId", "details"],
    "properties": {
        "error": {"type": "string", "description": "A sentence for people."},
        "code": {"type": "string", "description": "Stable, upper snake case.", "examples": ["AMOUNT_INVALID"]},
        "requestId": {"type": "string", "description": "The same as the header X-Request-ID."},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "examples": ["items[0].quantity"]},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_COMMON_ERRORS = {
    "400": "The request cannot be read.",
    "401": "No valid API key.",
    "403": "The key lacks the scope.",
    "404": "There is no such object for this key.",
    "409": "Against the object's present state, or the first request with this Idempotency-Key is still running.",
    "413": "The body is larger than 1 MiB.",
    "422": "A field rule is broken; details name the fields.",
    "503": "Try again after Retry-After seconds; nothing is half-done.",
}


def install_openapi(app: FastAPI, routers: Iterable[APIRouter], prefix: str) -> None:
    """Complete the application's document when it is first asked for."""
    plain = app.openapi
    scopes = _scopes(routers, prefix)

    def complete() -> dict[str, Any]:
        document = plain()
        if "Problem" not in document["components"]["schemas"]:
            _complete(document, scopes)
        return document

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def _scopes(routers: Iterable[APIRouter], prefix: str) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute):
                continue
            for dependency in route.dependant.dependencies:
                scope = getattr(dependency.call, "scope", None)
                if scope is not None:
                    found |= {(prefix + route.path, method.lower()): scope for method in route.methods or ()}
    return found


def _complete(document: dict[str, Any], scopes: dict[tuple[str, str], str]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            if operation.get("security"):
                operation["responses"] |= {
                    status: {"description": text, "content": content} for status, text in _COMMON_ERRORS.items()
                }
            if scope := scopes.get((path, method)):
                operation["x-required-scope"] = scope
                operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`.".strip()
