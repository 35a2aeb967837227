"""Bodies of requests: one rule for what is empty and for what is unknown, the same in both public APIs.

Every JSON body is a `Body` (POST and PUT) or a `ChangeBody` (PATCH), and every object in it is a `Part`. The type of a
field decides; no model has rules of its own:

- POST and PUT: null and an empty text count as not given, and so does a nested object of which nothing is left.
- PATCH: what is not given stays; null and an empty text clear. A field that cannot be cleared is `Lasting`.
- A `WRITE_ONLY` value that is not given stays, in a PUT too.
- What an answer shows beside the body's own fields (`SHOWN_BY`) is ignored: a body that was read may be sent back.
- Other unknown fields are refused, except in parts made with ``extra="ignore"``: `sifted` takes them out and names
  them.

What is published says the same: see `_publish`.
"""

from functools import cache
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from gateway_contracts.base import Contract
from gateway_contracts.body_shapes import LASTING, Shape, fields_of, parts_of, shape_of
from gateway_contracts.texts import clean_text
from gateway_contracts.values import field_name

WARNINGS_MAX: Final = 50
"""Ignored fields that an answer names."""
NOT_BLANK: Final = r"\S"
_NAME_SHOWN: Final = 60
_EMPTY: Final = object()
_ABSENT: Final = "Optional fields that are null or an empty text count as not given."
_CLEARED: Final = "What is not given stays; null or an empty text clears a field."
_IGNORED: Final = "Unknown fields are ignored and named in `warnings` of the answer."
_REFUSED: Final = "Unknown fields are refused."
_KEPT: Final = "Write-only fields that are not given stay; null or an empty text clears one."
_READ_ONLY: Final = "Read-only: ignored in requests."
_READ_BACK: Final = "Read-only fields are ignored: the answer of GET may be sent back."

T = TypeVar("T")


def _refuse_null(value: Any) -> Any:
    if value is None:
        raise PydanticCustomError("not_clearable", "cannot be cleared")
    return value


Lasting = Annotated[T | None, BeforeValidator(_refuse_null), LASTING]
"""A field of a PATCH that may be left out, but not cleared."""


class BodyWarning(Contract):
    """A part of the request body that was ignored."""

    code: str = Field("UNKNOWN_FIELD", description="Stable identifier in upper snake case.")
    field: str = Field(description="Place in the request, such as `items[0].sku`.")
    message: str = Field("unknown field, ignored", description="Explanation for people.")


Warnings = Annotated[
    tuple[BodyWarning, ...],
    Field(description=f"Fields of the request that are unknown and were ignored: the first {WARNINGS_MAX}."),
]


def _publish(schema: dict[str, Any], cls: type[BaseModel]) -> None:
    """Let the published schema say what is accepted: null for each optional field that has no lasting value."""
    shown = schema.get("properties", {})
    for field in fields_of(cls).values():
        if field.is_required:
            shown[field.name] = _not_empty(_not_null(shown[field.name]), field.shape)
        else:
            shown[field.name] = _nullable(shown[field.name]) if field.is_clearable else _not_null(shown[field.name])
        if field.shape.values is not None:
            _let_values_be_null(shown[field.name])
        if field.is_write_only:
            shown[field.name]["writeOnly"] = True
    said = [_IGNORED if is_open(cls) else _REFUSED]
    if issubclass(cls, Body):
        said.insert(0, _CLEARED if cls.MERGES else _ABSENT)
        if not cls.MERGES and any(field.is_write_only for field in fields_of(cls).values()):
            said.insert(1, _KEPT)
        if cls.SHOWN_BY is not None:
            said.append(_READ_BACK)
            shown |= {name: {"readOnly": True, "description": _READ_ONLY} for name in sorted(read_only(cls))}
    if "description" in schema:
        schema["description"] = "\n\n".join([schema["description"], " ".join(said)])
    schema["additionalProperties"] = is_open(cls)


def _nullable(shown: dict[str, Any]) -> dict[str, Any]:
    if any(part.get("type") == "null" for part in shown.get("anyOf", ())):
        return shown
    beside = ("title", "description", "default", "examples")
    inner = {name: value for name, value in shown.items() if name not in beside}
    outer = {name: value for name, value in shown.items() if name in beside}
    return {"anyOf": [inner, {"type": "null"}], **outer}


def _not_empty(shown: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """A required text of spaces alone counts as not given, so the published rule asks for more."""
    if shown.get("type") != "string" or {"enum", "const"} & shown.keys() or shape.keeps_empty:
        return shown
    return {"minLength": 1, **({} if {"pattern", "format"} & shown.keys() else {"pattern": NOT_BLANK}), **shown}


def _let_values_be_null(shown: dict[str, Any]) -> None:
    for one in (shown, *shown.get("anyOf", ())):
        if isinstance(one.get("additionalProperties"), dict):
            one["additionalProperties"] = _nullable(one["additionalProperties"])


def _not_null(shown: dict[str, Any]) -> dict[str, Any]:
    kept = [part for part in shown.get("anyOf", ()) if part.get("type") != "null"]
    beside = {name: value for name, value in shown.items() if name != "anyOf" and (name, value) != ("default", None)}
    inner: dict[str, Any] = kept[0] if len(kept) == 1 else {"anyOf": kept} if kept else {}
    return {**inner, **beside}


class Part(BaseModel):
    """An object in a body: camelCase, strict types."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        json_schema_extra=_publish,
    )


class Body(Part):
    """The whole body of a POST or PUT."""

    MERGES: ClassVar[bool] = False
    SHOWN_BY: ClassVar[type[BaseModel] | None] = None
    """The answer that shows what this body writes: its other fields are ignored, so that it may be sent back."""

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = {name: item for name, item in value.items() if name not in read_only(cls)}
        return _tidy_object(cls, given, merges=cls.MERGES)


class ChangeBody(Body):
    """The whole body of a PATCH."""

    MERGES: ClassVar[bool] = True


def is_open(part: type[BaseModel]) -> bool:
    """Whether its unknown fields are ignored."""
    return part.model_config.get("extra") == "ignore"


@cache
def read_only(body: type[Body]) -> frozenset[str]:
    """Names of fields that only answers have."""
    shown = body.SHOWN_BY
    return frozenset() if shown is None else frozenset(fields_of(shown)) - frozenset(fields_of(body))


def sifted(body: type[BaseModel], value: Any) -> tuple[Any, tuple[BodyWarning, ...]]:
    """A body without the unknown fields of its open parts, and their names, safe to be shown.

    Done before anything else looks at the body: what is ignored can break no rule and counts for no limit.
    """
    unknown: list[tuple[str | int, ...]] = []
    kept = _sift(Shape(part=body), value, (), unknown)
    return kept, tuple(BodyWarning(field=_shown(path)) for path in unknown)


def _shown(path: tuple[str | int, ...]) -> str:
    return field_name(tuple(clean_text(part, _NAME_SHOWN) if isinstance(part, str) else part for part in path))


def _sift(shape: Shape, value: Any, path: tuple[str | int, ...], unknown: list[tuple[str | int, ...]]) -> Any:
    if shape.items is not None and isinstance(value, list):
        return [_sift(shape.items, item, (*path, place), unknown) for place, item in enumerate(value)]
    if shape.part is None or not isinstance(value, dict):
        return value
    fields, kept = fields_of(shape.part), {}
    for name, item in value.items():
        if name in fields:
            kept[name] = _sift(fields[name].shape, item, (*path, name), unknown)
        elif not is_open(shape.part):
            kept[name] = item
        elif len(unknown) < WARNINGS_MAX:
            unknown.append((*path, name))
    return kept


def _tidy_object(part: type[BaseModel], given: dict[str, Any], *, merges: bool) -> dict[str, Any]:
    fields, kept = fields_of(part), {}
    for name, value in given.items():
        field = fields.get(name)
        if field is None:
            if not is_open(part):
                kept[name] = value
            continue
        if (tidy := _tidy_value(field.shape, value, merges=merges)) is not _EMPTY:
            kept[name] = tidy
        elif (merges or field.is_write_only) and field.is_value:
            kept[name] = None
    return kept


def _tidy_value(shape: Shape, value: Any, *, merges: bool) -> Any:
    if value is None or (isinstance(value, str) and not value.strip() and not shape.keeps_empty):
        return _EMPTY
    if isinstance(value, list):
        if shape.items is not None:
            # What stands in a list is whole: there is nothing that it could be merged with.
            return [_tidy_entry(shape.items, item) for item in value]
        # Languages with one kind of array write an empty object like this.
        value = {} if not value and (shape.part or shape.values) else value
    if isinstance(value, dict) and shape.part is not None:
        return _tidy_part(shape.part, value, merges=merges)
    if isinstance(value, dict) and shape.values is not None:
        return _tidy_map(shape, value, merges=merges and shape.key_by_key)
    return value


def _tidy_part(part: type[BaseModel], value: dict[str, Any], *, merges: bool) -> Any:
    needs_values = any(field.is_required for field in fields_of(part).values())
    merges = merges and not needs_values
    if tidy := _tidy_object(part, value, merges=merges):
        return tidy
    # An object that must say something and never had a field, unless a misspelled one, is left to be refused.
    return {} if merges or (needs_values and not value) else _EMPTY


def _tidy_entry(shape: Shape, item: Any) -> Any:
    if shape.part is not None and isinstance(item, dict):
        return _tidy_object(shape.part, item, merges=False)
    return item


def _tidy_map(shape: Shape, given: dict[str, Any], *, merges: bool) -> dict[str, Any]:
    values = shape.values or Shape()
    tidy = {name: _tidy_value(values, value, merges=False) for name, value in given.items()}
    return {name: "" if value is _EMPTY else value for name, value in tidy.items() if merges or value is not _EMPTY}


def body_of(annotation: Any, *, is_change: bool) -> type[Body]:
    """The model of a body, from the type of a route's parameter.

    Raises:
        TypeError: not a `Body` (or a `ChangeBody`, for a PATCH alone), or an object in it is no `Part`.
    """
    body = shape_of(annotation).part
    wanted = ChangeBody if is_change else Body
    if body is None or not issubclass(body, wanted) or is_change != body.MERGES:
        raise TypeError(f"{annotation} is not a {wanted.__name__}")
    for part in parts_of(body):
        if not issubclass(part, Part) or (issubclass(part, Body) and part is not body):
            raise TypeError(f"{part.__name__} in {body.__name__} is not a Part")
    return body
