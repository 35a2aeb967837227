"""The OpenAPI document of the customer's API: FastAPI's, with our error form and every status that may come."""

from typing import Any, Final

from fastapi import FastAPI

from gateway_kit.http.openapi import add_errors, complete_document

PATH: Final = "/api/v1/openapi.json"
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
    complete_document(app, _complete)


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


def _complete(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _describe(path, method, operation)


def _describe(path: str, method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["description"], form = _NAMES[parameter["name"]]
            parameter["schema"] |= form
    add_errors(operation, _ERRORS if method == "get" else _ERRORS | _BODY_ERRORS)
    if path.startswith("/api/v1/transactions/{"):
        operation.setdefault("parameters", []).append(_SESSION)
    if path.endswith("/transactions/create"):
        operation.setdefault("parameters", []).append(_KEY)
