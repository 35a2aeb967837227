"""The OpenAPI document of the customer's API: FastAPI's, with our error form and every status that may come."""

from typing import Any, Final

from fastapi import FastAPI

PATH: Final = "/api/v1/openapi.json"
_PROBLEM: Final = {
    "type": "object",
    "description": "Form of every error. Some errors have further fields.",
    "required": ["error", "code", "requestId", "details"],
    "properties": {
        "error": {"type": "string", "description": "Explanation for people; the text may change."},
        "code": {"type": "string", "description": "Stable identifier in upper snake case."},
        "requestId": {"type": "string", "description": "The same as the header X-Request-ID."},
        "details": {
            "type": "array",
            "description": "Broken rules of single fields.",
            "items": {
                "type": "object",
                "description": "One broken rule.",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "description": "Place in the request."},
                    "message": {"type": "string", "description": "Explanation of the broken rule, for people."},
                },
            },
        },
    },
}
_ERRORS: Final = {
    "400": "The request cannot be read.",
    "403": "The origin of the page is not one of the gateway, of the site or of its domains.",
    "404": "The object does not exist for this caller. Proof of ownership is the checkout's public id or the cookie.",
    "408": "The body was sent too slowly.",
    "409": "The object's present state does not allow it.",
    "413": "The body, or all its texts together, are larger than 64 KiB.",
    "422": "A field rule is broken, or the provider cannot take this payment.",
    "429": "Too many requests; try again after Retry-After seconds.",
    "500": "Internal error. Quote the request id when contacting support.",
    "503": "Temporarily unavailable: try again after Retry-After seconds. Nothing was changed in part.",
}
_BODY_ERRORS: Final = {"415": "The Content-Type is not JSON, or the body is compressed."}
_SESSION: Final = {
    "name": "X-Checkout-Session",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 67},
    "description": "The checkout's public id, as proof of ownership. Hosted pages send a cookie instead.",
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "Makes repetitions safe: requests with the same key start one payment.",
}


def install_openapi(app: FastAPI) -> None:
    """Complete the application's document when it is first asked for."""
    plain = app.openapi

    def complete() -> dict[str, Any]:
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            schemas["Problem"] = _PROBLEM
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _complete(path, method, operation)
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
        return document

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


_OBJECT_ID: Final = {"minLength": 24, "maxLength": 24, "pattern": "^[0-9a-f]{24}$"}
_NAMES: Final = {
    "session_public_id": (
        "The checkout's public id, or the short code of its payment page.",
        {"minLength": 10, "maxLength": 67, "pattern": "^[A-Za-z0-9_-]+$"},
    ),
    "transaction_id": ("Id of the transaction: 24 hex digits.", _OBJECT_ID),
    "document_id": ("Id of the invoice or credit note: 24 hex digits.", _OBJECT_ID),
}
"""Description and form of names in paths; any other form does not exist (404)."""


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["description"], form = _NAMES[parameter["name"]]
            parameter["schema"] |= form
    operation["responses"].pop("422", None)
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    errors = _ERRORS if method == "get" else _ERRORS | _BODY_ERRORS
    operation["responses"] |= {status: {"description": text, "content": content} for status, text in errors.items()}
    if path.startswith("/api/v1/transactions/{"):
        operation.setdefault("parameters", []).append(_SESSION)
    if path.endswith("/transactions/create"):
        operation.setdefault("parameters", []).append(_KEY)
