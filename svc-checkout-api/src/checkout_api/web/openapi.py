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
    "403": "The page may not do this: not an origin of this gateway, of the site or of its domains.",
    "404": "The object does not exist for this caller. Proof of ownership is the checkout's public id or the cookie.",
    "408": "The body was sent too slowly.",
    "409": "Against the object's present state.",
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
    "description": "The session's public id: proof that the transaction is the caller's. Hosted pages send a cookie.",
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "Repeat a request safely: the same key begins one payment.",
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


_NAMES: Final = {
    # A session's public id, or its short code.
    "session_public_id": {"minLength": 10, "maxLength": 67, "pattern": "^[A-Za-z0-9_-]+$"},
    "transaction_id": {"minLength": 24, "maxLength": 24, "pattern": "^[0-9a-f]{24}$"},
    "document_id": {"minLength": 24, "maxLength": 24, "pattern": "^[0-9a-f]{24}$"},
}
"""The form of names in paths; whatever else is asked for does not exist (404)."""


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["schema"] |= _NAMES[parameter["name"]]
    operation["responses"].pop("422", None)
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    errors = _ERRORS if method == "get" else _ERRORS | _BODY_ERRORS
    operation["responses"] |= {status: {"description": text, "content": content} for status, text in errors.items()}
    if path.startswith("/api/v1/transactions/{"):
        operation.setdefault("parameters", []).append(_SESSION)
    if path.endswith("/transactions/create"):
        operation.setdefault("parameters", []).append(_KEY)
