"""The OpenAPI document: FastAPI's, with our error form, what each operation needs, descriptions and examples."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI

from admin_api.edge.needs import Need, Needs
from admin_api.shared.domain.effects import Effect
from admin_api.web.examples import EXAMPLES
from admin_api.web.glossary import TYPES, meaning
from gateway_contracts.cross_field_rules import CrossFieldRule, rules_of
from gateway_kit.http.openapi import add_errors, complete_document

_PUBLIC_ERRORS = {
    "400": "The request cannot be read.",
    "404": "The object does not exist.",
    "429": "Too many requests; try again after Retry-After seconds.",
    "500": "Internal error. Quote the request id when contacting support.",
    "503": "Temporarily unavailable: try again after Retry-After seconds. Nothing was changed in part.",
}
_COMMON_ERRORS = {
    **_PUBLIC_ERRORS,
    "401": "No valid credentials.",
    "403": "The credentials lack the scope or the role, or may not be used from this address.",
    "404": "The object does not exist for these credentials.",
    "408": "The body was sent too slowly.",
    "409": "The object's present state does not allow it, or the first request with this Idempotency-Key is "
    "still running.",
    "413": "The body is larger than 1 MiB (64 KiB without credentials), or its texts together than 64 KiB.",
    "422": "A field rule is broken, or a query parameter is unknown or given twice; details name them.",
}
_BODY_ERRORS = {"415": "The Content-Type is not JSON, or the body is compressed."}
_QUERY_ERRORS = {"422": "A query parameter is unknown, given twice or breaks a rule; details name it."}

_TEST_KEYS = {
    Effect.OWN_MODE: "A test key changes test data only.",
    Effect.TEST_PART: "A test key changes the part that only test payments use; more is refused (`LIVE_KEY_REQUIRED`).",
    Effect.BOTH_MODES: "Live payments use it too: a test key is refused (`LIVE_KEY_REQUIRED`).",
}


def install_openapi(app: FastAPI, needs: Needs, prefix: str) -> None:
    """Complete the application's document when it is first asked for."""
    complete_document(app, lambda document: _complete(document, needs, prefix))


def _complete(document: dict[str, Any], needs: Needs, prefix: str) -> None:
    _describe_types(document["components"]["schemas"])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            add_errors(operation, _errors_of(operation, method, is_api=path.startswith(prefix)))
            _describe_parameters(operation)
            if need := needs.get((path, method)):
                _add_need(operation, need, is_mutating=method != "get")
            _add_rules(operation, rules_of(f"{method.upper()} {path}"))
            example = EXAMPLES.get(f"{method.upper()} {path.removeprefix(prefix)}")
            if example is not None and "requestBody" in operation:
                operation["requestBody"]["content"]["application/json"]["example"] = example


def _add_rules(operation: dict[str, Any], rules: Iterable[CrossFieldRule]) -> None:
    lines = [f"- {rule.text} Else 422 `{rule.code}`." for rule in rules]
    if lines:
        operation["description"] = "\n".join([operation["description"], "", "Rules across fields:", "", *lines])


def _errors_of(operation: dict[str, Any], method: str, *, is_api: bool) -> dict[str, str]:
    if not is_api:
        return _PUBLIC_ERRORS  # probes take any query
    # What begins a session has credentials of its own kind.
    is_protected = operation.get("security") or "sessions" in operation.get("tags", ())
    errors = _COMMON_ERRORS if is_protected else _PUBLIC_ERRORS | _QUERY_ERRORS
    return errors if method == "get" else errors | _BODY_ERRORS


def _add_need(operation: dict[str, Any], need: Need, *, is_mutating: bool) -> None:
    operation["x-required-scope"] = need.scope
    operation["x-required-role"] = need.role
    text = f"{operation.get('description', '')}\n\nScope: `{need.scope}`. Role: `{need.role}` or above."
    if is_mutating and need.effect is not None:
        operation["x-changes"] = need.effect.value
        text += f" {_TEST_KEYS[need.effect]}"
    operation["description"] = text.strip()


def _describe_types(schemas: dict[str, Any]) -> None:
    for name, schema in schemas.items():
        if "description" not in schema and name in TYPES:
            schema["description"] = TYPES[name]
        for field, shape in schema.get("properties", {}).items():
            if "description" not in shape and (text := meaning(name, field)):
                shape["description"] = text


def _describe_parameters(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" and parameter["schema"].get("type") != "integer":
            # `known_id` and `of_organization`: nothing else is ever found.
            parameter["schema"] |= {"minLength": 24, "maxLength": 24, "pattern": "^[0-9a-f]{24}$"}
        own = parameter.get("description") or parameter["schema"].get("description")
        if text := own or meaning("", parameter["name"]):
            parameter["description"] = text
