"""The part of an OpenAPI document that all public APIs share: the form of errors."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI

_PROBLEM: Final = {
    "type": "object",
    "description": "Form of every error. Some errors have further fields.",
    "required": ["error", "code", "requestId", "details"],
    "properties": {
        "error": {"type": "string", "description": "Explanation for people; the text may change."},
        "code": {
            "type": "string",
            "description": "Stable identifier in upper snake case.",
            "examples": ["AMOUNT_INVALID"],
        },
        "requestId": {"type": "string", "description": "The same as the header X-Request-ID."},
        "details": {
            "type": "array",
            "description": "Broken rules of single fields.",
            "items": {
                "type": "object",
                "description": "One broken rule.",
                "required": ["field", "message"],
                "properties": {
                    "field": {
                        "type": "string",
                        "description": "Place in the request.",
                        "examples": ["items[0].quantity"],
                    },
                    "message": {"type": "string", "description": "Explanation of the broken rule, for people."},
                },
            },
        },
    },
}


def complete_document(app: FastAPI, complete: Callable[[dict[str, Any]], None]) -> None:
    """Have the application's document completed, with our form of errors, when it is first asked for."""
    plain = app.openapi

    def completed() -> dict[str, Any]:
        document = plain()
        schemas = document["components"]["schemas"]
        if "Problem" not in schemas:
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas["Problem"] = _PROBLEM
            complete(document)
        return document

    app.openapi = completed  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def add_errors(operation: dict[str, Any], errors: Mapping[str, str]) -> None:
    """Describe the errors of an operation by their statuses, in place of FastAPI's own."""
    operation["responses"].pop("422", None)
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] |= {status: {"description": text, "content": content} for status, text in errors.items()}
