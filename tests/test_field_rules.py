"""For every rule of a single field in both OpenAPI documents: accepted by the schema if and only if by its owner.

The documents are walked, so a new field is tested without a change here. Each body is read as its route reads it. Where
another service owns the data, the request on the bus is read as that service reads it: both accept the same. Rules that
compare fields are in `test_cross_field_rules`.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from field_rule_cases import CASES, OF_CUSTOMERS, OWNERS, document_of, reads, takes, takes_command
from public_apis import customers, merchants, routes
from pydantic_core import to_jsonable_python

from gateway_contracts.bodies import Body
from gateway_kit.http.routing import dependants
from gateway_testkit.boundaries import Verdict, allows, verdicts
from gateway_testkit.openapi import operations

ONLY_AT_THE_EDGE = {("items", 0, "name"), ("sessionPublicId",), ("siteId",)}
"""A line's name may be the item's description; a name of no session or site is 404 for the owner, whatever its form."""


def test_every_owner_is_asked_in_some_operation() -> None:
    for owners in (OWNERS, OF_CUSTOMERS):
        assert owners.keys() <= {case.values[2] for case in CASES if case.values[1] is owners}
    assert len(CASES) > 50


@pytest.mark.parametrize(("app", "owners", "name", "schema", "example", "model"), CASES)
def test_schema_and_owner_accept_the_same(
    app: FastAPI, owners: Any, name: str, schema: Any, example: Any, model: type[Body]
) -> None:
    document = document_of(app)
    assert allows(document, schema)(example), "the example is not allowed by its schema"
    assert reads(model, example) is not None, "the example is refused"
    different = list[tuple[Verdict, str]]()
    for body, verdict in verdicts(document, schema, example):
        read = reads(model, body)
        if (read is not None) != verdict.is_allowed:
            different.append((verdict, "API"))
        elif read is not None and not takes_command(owners, name, read):
            different.append((verdict, "owner"))
    assert different == []


@pytest.mark.parametrize(("app", "owners", "name", "schema", "example", "model"), CASES)
def test_owners_refuse_what_the_schema_refuses(
    app: FastAPI, owners: Any, name: str, schema: Any, example: Any, model: type[Body]
) -> None:
    """An owner relies on no edge: fields that its request has under the same name are refused by it too."""
    if name not in owners:
        return
    method, command = owners[name]
    read = reads(model, example)
    assert read is not None
    sent = to_jsonable_python(command(read).wire())
    shared = {field.alias or field_name for field_name, field in method.request.model_fields.items()}
    tried, taken = 0, []
    for body, verdict in verdicts(document_of(app), schema, example):
        is_whole = verdict.path[0] in shared and verdict.path[0] in body
        if verdict.is_allowed or not is_whole or verdict.path in ONLY_AT_THE_EDGE:
            continue
        if not isinstance(verdict.value, str | int) or verdict.value == 1:
            continue  # other types are read as JSON says; numbers and booleans of the bus come from typed models
        tried += 1
        if takes(method, {**sent, verdict.path[0]: body[verdict.path[0]]}):
            taken.append(verdict)
    assert taken == []
    assert tried > 0 or not shared


def parameters(app: FastAPI) -> Iterator[Any]:
    document = app.openapi()
    found = {f"{method} {path}": route for path, route in routes(app) for method in route.methods}
    for method, path, operation in operations(document):
        given = [field for part in dependants(found[f"{method} {path}"].dependant) for field in part.query_params]
        fields = {field.alias.lower(): field for field in get_flat_params(Dependant(query_params=given))}
        for shown in operation.get("parameters", []):
            # A malformed id in a path is 404 like an absent one; the key of a repeated request is 400.
            if shown["in"] == "query" and (field := fields.get(shown["name"].lower())) is not None:
                yield pytest.param(document, shown, field, id=f"{method} {path} {shown['in']} {shown['name']}")


@pytest.mark.parametrize(
    ("document", "shown", "field"), [case for app in (merchants(), customers()) for case in parameters(app)]
)
def test_parameters_are_read_as_published(document: Any, shown: Any, field: Any) -> None:
    around = {"type": "object", "properties": {"it": shown["schema"]}}
    allows_it, different = allows(document, shown["schema"]), []
    for _, verdict in verdicts(document, around, {}):
        if verdict.path != ("it",) or isinstance(verdict.value, list | dict | float) or verdict.value is None:
            continue
        text = str(verdict.value).lower() if isinstance(verdict.value, bool) else str(verdict.value)
        # A parameter is a text: what a number or a boolean looks like in one is read as such.
        is_allowed = any(allows_it(value) for value in _readings(text))
        _, errors = field.validate(text, {}, loc=(shown["in"], shown["name"]))
        if is_allowed != (not errors):
            different.append((text, is_allowed))
    assert different == []


def _readings(text: str) -> Iterator[Any]:
    yield text
    if text.lstrip("-").isdecimal():
        yield int(text)
    if text in {"true", "false", "1", "0"}:
        yield text in {"true", "1"}
