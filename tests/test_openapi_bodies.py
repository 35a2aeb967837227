"""Every body of both public APIs follows the one rule for empty values and unknown fields: none can be forgotten.

The documents are walked. What each says about a body is compared with what its model does.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from public_apis import customers, merchants, routes
from pydantic import BaseModel, ValidationError

from gateway_contracts.bodies import Body, body_of, is_open
from gateway_contracts.body_shapes import fields_of, parts_of
from gateway_testkit.openapi import operations, resolved

Operation = tuple[str, dict[str, Any], dict[str, Any], type[Body]]
"""Its name, its document, its definition and the model of its body."""
OPEN = {
    "POST /api/v1/checkouts/{site_id}/create",
    "PATCH /api/v1/checkouts/{checkout_id}",
    "PUT /api/v1/transactions/{transaction_id}",
    "PATCH /api/v1/transactions/{transaction_id}",
    "POST /api/v1/clients",
    "PUT /api/v1/clients/{client_id}",
    "PATCH /api/v1/clients/{client_id}",
    "POST /api/v1/transactions/create",
}
"""Bodies that shops send. All others are the administration's: they stay strict."""


@cache
def bodies() -> dict[str, Operation]:
    """Every operation of both documents that takes a body."""
    found: dict[str, Operation] = {}
    for app in (merchants(), customers()):
        models = {
            (method, path): route.dependant.body_params[0].field_info.annotation
            for path, route in routes(app)
            for method in route.methods or ()
            if route.dependant.body_params
        }
        document = app.openapi()
        for method, path, operation in operations(document):
            if "requestBody" in operation:
                model = body_of(models[method, path], is_change=method == "PATCH")
                found[f"{method} {path}"] = (path, document, operation, model)
    return found


def schema_of(operation: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    parts = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    assert len(parts) == 1
    return resolved(document, parts[0])


def objects() -> Iterator[tuple[str, type[BaseModel], dict[str, Any]]]:
    """Every object of every body with the model and the schema of it."""
    for name, (_, document, operation, body) in bodies().items():
        for part in parts_of(body):
            schema = (
                schema_of(operation, document) if part is body else document["components"]["schemas"][part.__name__]
            )
            yield f"{name} {part.__name__}", part, schema


def test_every_body_of_both_documents_has_the_rules() -> None:
    assert len(bodies()) > 40
    assert {name for name in bodies() if name.startswith("PATCH")} == {
        name for name, (_, _, _, body) in bodies().items() if body.MERGES
    }


def test_the_documents_say_which_fields_may_be_null() -> None:
    for name, part, schema in objects():
        for field in fields_of(part).values():
            shown = schema["properties"][field.name]
            accepts = any(one.get("type") == "null" for one in shown.get("anyOf", ()))
            assert accepts == field.is_clearable, f"{name}.{field.name}"
            assert (field.name in schema.get("required", ())) == field.is_required, f"{name}.{field.name}"


def test_the_documents_say_what_is_done_with_unknown_fields() -> None:
    for name, part, schema in objects():
        assert schema["additionalProperties"] is is_open(part), name
        words = "are ignored and named in `warnings`" if is_open(part) else "Unknown fields are refused"
        assert words in schema["description"], name


def test_bodies_of_shops_are_open_at_all_depths_and_all_others_strict() -> None:
    for name, (_, _, _, body) in bodies().items():
        assert {is_open(part) for part in parts_of(body)} == {name in OPEN}, name


def test_answers_to_open_bodies_have_warnings() -> None:
    for name in OPEN:
        _, document, operation, _ = bodies()[name]
        answer = next(found for status, found in operation["responses"].items() if status.startswith("2"))
        shown = resolved(document, answer["content"]["application/json"]["schema"])["properties"]["warnings"]
        assert resolved(document, shown["items"])["properties"].keys() == {"code", "field", "message"}, name


@pytest.mark.parametrize("empty", [None, ""])
def test_a_required_field_without_a_value_is_named(empty: Any) -> None:
    for name, (_, _, _, body) in bodies().items():
        for field in fields_of(body).values():
            if not field.is_required:
                continue
            with pytest.raises(ValidationError) as refused:
                body.model_validate({field.name: empty})
            errors = {error["loc"]: error["type"] for error in refused.value.errors()}
            assert errors[field.name,] == "missing", f"{name} {field.name}"


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_optional_field_without_a_value_breaks_no_body(empty: Any) -> None:
    for name, (_, _, _, body) in bodies().items():
        for field in fields_of(body).values():
            if field.is_required:
                continue
            errors = _errors(body, {field.name: empty})
            refused = [error for error in errors if error["loc"] == (field.name,)]
            types = [error["type"] for error in refused]
            assert types == ([] if field.is_clearable else ["not_clearable"]), f"{name} {field.name}"


def test_what_an_answer_shows_may_be_sent_back() -> None:
    """GET and PUT, or GET and PATCH, of one path: the change ignores what only the answer has, and says so."""
    pairs = 0
    for name, (path, document, operation, body) in bodies().items():
        reading = document["paths"][path].get("get")
        if reading is None or name.partition(" ")[0] == "POST":
            continue
        pairs += 1
        answer = resolved(document, reading["responses"]["200"]["content"]["application/json"]["schema"])
        schema = schema_of(operation, document)
        for field in answer["properties"].keys() - fields_of(body).keys():
            problems = [error["type"] for error in _errors(body, {field: {"any": "thing"}}) if field in error["loc"]]
            assert problems == [], f"{name} {field}"
            if not is_open(body):
                assert schema["properties"][field]["readOnly"] is True, f"{name} {field}"
    assert pairs >= 20


def test_values_that_no_answer_shows_are_write_only_and_kept_by_a_put() -> None:
    kept = set()
    for name, (path, document, operation, body) in bodies().items():
        schema = schema_of(operation, document)
        for field in fields_of(body).values():
            assert (schema["properties"][field.name].get("writeOnly") is True) == field.is_write_only, name
            if field.is_write_only:
                kept.add(f"{name} {field.name}")
                assert "not given stay" in schema["description"], name
        assert path in document["paths"]
    assert "PUT /api/v1/providers/{provider_id} webhookSecret" in kept
    assert "PUT /api/v1/system/encryption credentials" in kept


def _errors(body: type[Body], value: Any) -> list[Any]:
    try:
        body.model_validate(value)
    except ValidationError as exc:
        return list(exc.errors())
    return []
