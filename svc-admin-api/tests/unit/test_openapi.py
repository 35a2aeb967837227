"""The OpenAPI document leaves nothing out: a new route or field cannot be forgotten."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from admin_api.shared.domain.roles import RANKS, lowest_role, role_allows
from admin_api.shared.domain.scopes import SCOPES, SYSTEM_KEY_SCOPES
from admin_api.web.application import API_PREFIX, create_application
from admin_api.web.examples import EXAMPLES
from admin_api.web.reference import render

ERRORS = {"400", "401", "403", "404", "409", "413", "422", "429", "500", "503"}
PUBLIC_ERRORS = {"400", "404", "429", "500", "503"}
OPEN = ("/health", f"{API_PREFIX}/auth")
"""What needs no credentials, or gives them out."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_application(cast(Any, SimpleNamespace())).openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_field_and_type_is_described(document: dict[str, Any]) -> None:
    missing = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, shape in schema.get("properties", {}).items()
        if not shape.get("description")
    ]
    missing += [name for name, schema in document["components"]["schemas"].items() if not schema.get("description")]
    assert missing == []


def test_every_parameter_and_operation_is_described(document: dict[str, Any]) -> None:
    missing = [
        f"{method} {path} {parameter['name']}"
        for method, path, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    missing += [f"{method} {path}" for method, path, item in operations(document) if not item.get("description")]
    assert missing == []


def test_every_operation_lists_its_errors(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        expected = ERRORS if operation.get("security") else PUBLIC_ERRORS
        expected = expected if method == "GET" else expected | {"415"}
        expected = expected | {"422"} if path.startswith(API_PREFIX) else expected
        assert expected <= set(operation["responses"]), f"{method} {path}"
        for status in expected:
            schema = operation["responses"][status]["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_operation_names_its_scope_and_role(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if path.startswith(OPEN):
            continue
        place = f"{method} {path}"
        assert operation.get("security"), place
        scope, role = operation["x-required-scope"], operation["x-required-role"]
        assert scope in SCOPES | SYSTEM_KEY_SCOPES, place
        assert role in RANKS, place
        assert role_allows(role, scope) or scope in SYSTEM_KEY_SCOPES, place
        assert f"Scope: `{scope}`. Role: `{role}`" in operation["description"], place
        if role != "global":
            assert RANKS[role] >= RANKS[lowest_role(scope)], place


def test_every_operation_with_a_body_has_an_example(document: dict[str, Any]) -> None:
    missing = [
        f"{method} {path}"
        for method, path, operation in operations(document)
        if "requestBody" in operation
        and not path.startswith(OPEN)
        and "example" not in operation["requestBody"]["content"]["application/json"]
    ]
    assert missing == [], "add them to web/examples.py"


def test_every_post_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    missing = [
        f"{method} {path}"
        for method, path, operation in operations(document)
        if method == "POST"
        and not path.startswith(OPEN)
        and "Idempotency-Key" not in {parameter["name"] for parameter in operation.get("parameters", [])}
    ]
    assert missing == []


def test_no_example_is_left_over(document: dict[str, Any]) -> None:
    known = {f"{method} {path.removeprefix(API_PREFIX)}" for method, path, _ in operations(document)}
    assert set(EXAMPLES) <= known


def test_lists_take_pages_and_cursors(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        if method == "GET" and "page" in names:
            assert {"limit", "cursor"} <= names, path


def test_the_page_shows_examples_and_how_notifications_are_signed(document: dict[str, Any]) -> None:
    page = render(document, "/openapi.json")
    shown = [example for example in EXAMPLES.values() if example]

    assert page.count("<pre>") == len(shown)
    assert "&quot;externalReference&quot;: &quot;ORDER-1001&quot;" in page
    assert "X-Signature-HMAC-SHA256" in page
