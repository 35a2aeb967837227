"""Empty and unknown values in a body, for every type of field."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from gateway_contracts.bodies import WARNINGS_MAX, Body, ChangeBody, Lasting, Part, body_of, sifted
from gateway_contracts.body_shapes import KEEPS_EMPTY, KEY_BY_KEY
from gateway_contracts.fields import Country, Email, Line

Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Metadata = Annotated[dict[str, str], KEY_BY_KEY]


class Address(Part, extra="ignore"):
    """Location of a person."""

    city: Line | None = None
    country: Country | None = None


class Sealed(Part):
    """A value that is replaced as a whole."""

    plaintext: Name


class Item(Part, extra="ignore"):
    """A line."""

    name: Name
    rate: float | None = None
    kind: Literal["goods", "tax"] = "goods"


class Facts(Part):
    """Fields of every kind."""

    email: Email | None = None
    count: int | None = None
    is_on: bool = True
    address: Address | None = None
    iban: Sealed | None = None
    items: list[Item] = Field(default=[])
    tags: list[str] | None = None
    metadata: Metadata = Field(default_factory=dict)
    settings: dict[str, str | dict[str, str]] = Field(default_factory=dict)
    prefix: Annotated[str, KEEPS_EMPTY] | None = None
    credential: dict[str, Any] = Field(default_factory=dict)


class Creation(Facts, Body, extra="ignore"):
    """A whole thing."""

    name: Name


class Change(Facts, ChangeBody):
    """A change."""

    name: Lasting[Name] = None


def created(**given: Any) -> dict[str, Any]:
    made = Creation.model_validate({"name": "a", **given})
    return made.model_dump(include=made.model_fields_set - {"name"})


def changed(**given: Any) -> dict[str, Any]:
    made = Change.model_validate(given)
    return made.model_dump(include=made.model_fields_set, exclude_unset=True)


EVERY_FIELD = sorted({*Facts.model_fields} - {"is_on", "prefix", "credential"})


@pytest.mark.parametrize("field", EVERY_FIELD)
@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_empty_value_was_not_given(field: str, empty: Any) -> None:
    assert created(**{field: empty}) == {}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"address": {"city": "", "country": ""}}, {}),
        ({"address": {"city": None, "country": " "}}, {}),
        ({"address": {}}, {}),
        ({"address": []}, {}),
        ({"address": {"city": "Bern", "country": ""}}, {"address": {"city": "Bern", "country": None}}),
        ({"iban": {"plaintext": ""}}, {}),
        ({"metadata": {"a": None, "b": "", "c": "1"}}, {"metadata": {"c": "1"}}),
        ({"metadata": []}, {"metadata": {}}),
        ({"settings": {"a": {"b": "", "c": "1"}, "d": None}}, {"settings": {"a": {"c": "1"}}}),
        ({"isOn": None}, {}),
        ({"prefix": ""}, {"prefix": ""}),
        ({"prefix": None}, {}),
        ({"credential": {"userHandle": None, "id": ""}}, {"credential": {"userHandle": None, "id": ""}}),
        (
            {"items": [{"name": "x", "rate": None, "kind": ""}]},
            {"items": [{"name": "x", "rate": None, "kind": "goods"}]},
        ),
    ],
)
def test_what_is_left_of_a_new_thing(given: dict[str, Any], read: dict[str, Any]) -> None:
    assert created(**given) == read


@pytest.mark.parametrize("empty", [None, "", " "])
def test_a_required_field_must_say_something(empty: Any) -> None:
    for body, place in (
        ({"name": empty}, ("name",)),
        ({"name": "a", "items": [{"name": empty}]}, ("items", 0, "name")),
    ):
        with pytest.raises(ValidationError) as refused:
            Creation.model_validate(body)
        assert [(error["loc"], error["type"]) for error in refused.value.errors()] == [(place, "missing")]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({}, {}),
        ({"email": None}, {"email": None}),
        ({"email": ""}, {"email": None}),
        ({"count": ""}, {"count": None}),
        ({"tags": None}, {"tags": None}),
        ({"address": None}, {"address": None}),
        ({"address": ""}, {"address": None}),
        ({"address": {}}, {"address": {}}),
        ({"address": {"city": ""}}, {"address": {"city": None}}),
        ({"iban": {"plaintext": ""}}, {"iban": None}),
        ({"metadata": {"a": None, "b": "", "c": "1"}}, {"metadata": {"a": "", "b": "", "c": "1"}}),
        ({"settings": {"a": None, "b": "1"}}, {"settings": {"b": "1"}}),
        ({"prefix": ""}, {"prefix": ""}),
        ({"prefix": None}, {"prefix": None}),
        # An instruction with a value of its own is not something that is kept.
        ({"isOn": None}, {}),
    ],
)
def test_what_a_change_leaves_and_clears(given: dict[str, Any], read: dict[str, Any]) -> None:
    assert changed(**given) == read


@pytest.mark.parametrize("empty", [None, ""])
def test_what_cannot_be_cleared_is_refused(empty: Any) -> None:
    with pytest.raises(ValidationError, match="cannot be cleared") as refused:
        Change.model_validate({"name": empty})
    assert refused.value.errors()[0]["loc"] == ("name",)
    assert changed() == {}


@pytest.mark.parametrize("body", [Creation, Change])
def test_an_object_without_what_it_must_say_clears_nothing(body: type[Body]) -> None:
    for iban in (dict[str, str](), list[str]()):
        with pytest.raises(ValidationError) as refused:
            body.model_validate({"name": "a", "iban": iban})
        assert refused.value.errors()[0]["loc"] == ("iban", "plaintext")


def test_unknown_fields_are_taken_out_and_named() -> None:
    body = {
        "name": "a",
        "sku\ud83d\x00": {"deep": [[]]},
        "address": {"city": "Bern", "lat": 2**70},
        "items": [{"name": "x"}, {"name": "y", "taxRate": "\ud83d", "x" * 500: 1}],
        "metadata": {"any": "key"},
    }
    kept, warnings = sifted(Creation, body)

    assert kept == {
        "name": "a",
        "address": {"city": "Bern"},
        "items": [{"name": "x"}, {"name": "y"}],
        "metadata": {"any": "key"},
    }
    assert [warning.field for warning in warnings] == [
        "sku\ufffd\ufffd",
        "address.lat",
        "items[1].taxRate",
        "items[1]." + "x" * 60,
    ]


def test_a_thousand_unknown_fields_are_not_all_named() -> None:
    kept, warnings = sifted(Creation, {"name": "a", **{f"field{number}": number for number in range(1_000)}})
    assert (kept, len(warnings)) == ({"name": "a"}, WARNINGS_MAX)


def test_a_strict_body_keeps_them_to_be_refused() -> None:
    kept, warnings = sifted(Change, {"color": "red", "address": {"lat": 1}})
    assert (kept, [warning.field for warning in warnings]) == ({"color": "red", "address": {}}, ["address.lat"])
    with pytest.raises(ValidationError, match="color"):
        Change.model_validate({"color": "red"})


@pytest.mark.parametrize("body", [None, [], "text", 7, [{"a": 1}]])
def test_what_is_no_object_is_left_to_be_refused(body: Any) -> None:
    assert sifted(Creation, body) == (body, ())


def test_the_published_schema_says_what_is_read() -> None:
    creation, change = Creation.model_json_schema(), Change.model_json_schema()

    for field in EVERY_FIELD:
        for schema in (creation, change):
            assert {"type": "null"} in schema["properties"][field]["anyOf"], field
    assert (creation["additionalProperties"], change["additionalProperties"]) == (True, False)
    assert "count as not given" in creation["description"]
    assert "named in `warnings`" in creation["description"]
    assert "clears a field" in change["description"]
    named = {"minLength": 1, "title": "Name", "type": "string"}
    assert creation["properties"]["name"] == {**named, "pattern": r"\S"}
    assert change["properties"]["name"] == named


def test_a_body_of_another_kind_is_refused() -> None:
    class Plain(BaseModel):
        name: str = ""

    class Careless(Body):
        plain: list[Plain] = Field(default=[])

    assert body_of(Creation | None, is_change=False) is Creation
    for annotation, is_change in (
        (Plain, False),
        (dict[str, str], False),
        (Careless, False),
        (Address, False),
        (Creation, True),
        (Change, False),
    ):
        with pytest.raises(TypeError):
            body_of(annotation, is_change=is_change)
