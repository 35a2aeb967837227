"""For every rule of a single field in both OpenAPI documents: accepted by the schema if and only if by its owner.

The documents are walked, so a new field is tested without a change here. Each body is read as its route reads it. Where
another service owns the data, the request on the bus is read as that service reads it: both accept the same. Rules that
compare fields are in `test_cross_field_rules`.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.utils import get_flat_params
from public_apis import customers, merchants, routes
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from gateway_contracts.base import Contract
from gateway_contracts.bodies import Body, body_of, sifted
from gateway_contracts.errors import Rejected
from gateway_contracts.requests.customer import CREATE_TRANSACTION, CreateTransaction
from gateway_contracts.requests.domains import REGISTER_DOMAIN, RegisterDomain
from gateway_contracts.requests.operation import CREATE_MANUAL, MARK_TRANSACTION, MarkTransaction
from gateway_contracts.requests.refund import CREATE_REFUND, SETTLE_REFUND, SettleRefund
from gateway_contracts.requests.transaction import (
    CREATE_CHECKOUT,
    RECORD_RECEIPT,
    UPDATE_CHECKOUT,
    UPDATE_TRANSACTION,
    RecordReceipt,
    UpdateCheckout,
    UpdateTransaction,
)
from gateway_contracts.rpc import Method
from gateway_testkit.boundaries import NEEDED, Verdict, allows, smallest, verdicts
from gateway_testkit.openapi import operations, resolved

ID = "65f0c0ffee65f0c0ffee65f0"
Command = Callable[[Any], Contract]
OWNERS: dict[str, tuple[Method[Any, Any], Command]] = {
    "POST /api/v1/checkouts/{site_id}/create": (CREATE_CHECKOUT, lambda body: body.command(ID, ID)),
    "PATCH /api/v1/checkouts/{checkout_id}": (
        UPDATE_CHECKOUT,
        lambda body: UpdateCheckout(checkout_id=ID, **dict(body)),
    ),
    "POST /api/v1/transactions/create": (CREATE_MANUAL, lambda body: body.command(ID, "minor")),
    "PUT /api/v1/transactions/{transaction_id}": (
        UPDATE_TRANSACTION,
        lambda body: UpdateTransaction(transaction_id=ID, **dict(body)),
    ),
    "POST /api/v1/transactions/{transaction_id}/refunds": (CREATE_REFUND, lambda body: body.command(ID, ID)),
    "POST /api/v1/transactions/{transaction_id}/refunds/{refund_id}/settle": (
        SETTLE_REFUND,
        lambda body: SettleRefund(transaction_id=ID, refund_id=ID, **dict(body)),
    ),
    "POST /api/v1/transactions/{transaction_id}/mark": (
        MARK_TRANSACTION,
        lambda body: MarkTransaction(transaction_id=ID, **dict(body)),
    ),
    "POST /api/v1/transactions/{transaction_id}/receipts": (
        RECORD_RECEIPT,
        lambda body: RecordReceipt(transaction_id=ID, **dict(body)),
    ),
    "POST /api/v1/domains": (REGISTER_DOMAIN, lambda body: RegisterDomain(domain_id=ID, **dict(body))),
}
"""Operations whose data another service owns: its request, made as the route makes it."""
OF_CUSTOMERS: dict[str, tuple[Method[Any, Any], Command]] = {
    "POST /api/v1/transactions/create": (
        CREATE_TRANSACTION,
        lambda body: CreateTransaction(
            transaction_id=ID,
            session_public_id="cs",
            provider_id=body.provider_id,
            billing=body.billing_address.party(),
            return_url="https://pay.example",
        ),
    )
}
ITEMS = {"ItemIn", "ShopItemIn"}
"""They need a name or a description."""
ONLY_AT_THE_EDGE = {("items", 0, "name"), ("sessionPublicId",)}
"""Other things for the owner: a line's name may be the item's description, a name of a session is any text."""


@cache
def document_of(app: FastAPI) -> dict[str, Any]:
    document = deepcopy(app.openapi())
    for name in ITEMS & document["components"]["schemas"].keys():
        document["components"]["schemas"][name][NEEDED] = {"name": "x"}
    return document


def bodies(app: FastAPI) -> Iterator[tuple[str, dict[str, Any], dict[str, Any], type[Body]]]:
    """Every operation with a body: its name, schema, an allowed body, and its model."""
    models = {
        f"{method} {path}": body_of(route.dependant.body_params[0].field_info.annotation, is_change=method == "PATCH")
        for path, route in routes(app)
        for method in route.methods
        if route.dependant.body_params
    }
    document = document_of(app)
    for method, path, operation in operations(document):
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            parts = [one for one in content["schema"].get("anyOf", [content["schema"]]) if one.get("type") != "null"]
            schema = resolved(document, parts[0])
            yield (
                f"{method} {path}",
                schema,
                content.get("example") or smallest(document, schema),
                models[f"{method} {path}"],
            )


def reads(model: type[Body], body: Any) -> Body | None:
    """The body as its route reads it; None if it is refused."""
    try:
        return model.model_validate(sifted(model, body)[0])
    except ValidationError:
        return None


def takes(method: Method[Any, Any], request: Any) -> bool:
    try:
        method.read(request)
    except Rejected:
        return False
    return True


CASES = [
    pytest.param(app, owners, *case, id=f"{kind} {case[0]}")
    for kind, app, owners in (("merchants", merchants(), OWNERS), ("customers", customers(), OF_CUSTOMERS))
    for case in bodies(app)
]


def test_every_owner_is_asked_in_some_operation() -> None:
    names = {str(case.values[2]) for case in CASES}
    assert {*OWNERS, *OF_CUSTOMERS} <= names
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
        elif read is not None and name in owners:
            method, command = owners[name]
            if not takes(method, to_jsonable_python(command(read).wire())):
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
        flat: Any = get_flat_params(found[f"{method} {path}"].dependant)
        fields = {(field.field_info.in_.value, field.alias.lower()): field for field in flat}
        for shown in operation.get("parameters", []):
            field = fields.get((shown["in"], shown["name"].lower()))
            # A malformed id in a path is 404 like an absent one; the key of a repeated request is 400.
            if field is not None and shown["in"] == "query":
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
