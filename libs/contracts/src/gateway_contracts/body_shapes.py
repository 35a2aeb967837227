"""Shapes from the types of a body's fields: where objects, lists and maps are, and which fields must be there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined


@dataclass(frozen=True)
class Marker:
    """Something about a field that its type alone does not say; stands in ``Annotated``."""

    name: str


LASTING: Final = Marker("lasting")
"""A field that may be left out of a change, but not cleared."""
KEEPS_EMPTY: Final = Marker("keeps empty")
"""A text whose empty value says something: it does not count as not given."""
WRITE_ONLY: Final = Marker("write only")
"""A value that no answer shows, such as a credential: what does not give it keeps it, null or an empty text clears it,
in a PUT too."""
KEY_BY_KEY: Final = Marker("key by key")
"""A map that a change merges: null or an empty text deletes the key."""


@dataclass(frozen=True)
class Shape:
    """Kinds of value at a place: an object of a model, a list, a map, or a plain value if all are None."""

    part: type[BaseModel] | None = None
    items: "Shape | None" = None
    values: "Shape | None" = None
    keeps_empty: bool = False
    key_by_key: bool = False


@dataclass(frozen=True)
class BodyField:
    """A field by its public name.

    Attributes:
        is_value: whether not giving it and giving null may differ in a change: it has no default but null.
        is_clearable: whether null is accepted.
        is_write_only: not given, it is kept; see `WRITE_ONLY`.
    """

    name: str
    shape: Shape
    is_required: bool
    is_value: bool
    is_clearable: bool
    is_write_only: bool


@cache
def fields_of(part: type[BaseModel]) -> dict[str, BodyField]:
    """The fields of a model by public name."""
    found: dict[str, BodyField] = {}
    for name, info in part.model_fields.items():
        public = info.alias or name
        annotation: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        is_required = info.is_required()
        found[public] = BodyField(
            name=public,
            shape=shape_of(annotation),
            is_required=is_required,
            is_value=not is_required and info.default is None,
            is_clearable=not is_required and LASTING not in info.metadata,
            is_write_only=WRITE_ONLY in info.metadata,
        )
    return found


def parts_of(part: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model and all models in it."""
    yield part
    for field in fields_of(part).values():
        inner: Shape | None = field.shape
        while inner is not None:
            if inner.part is not None:
                yield from parts_of(inner.part)
            inner = inner.items or inner.values


def shape_of(annotation: Any) -> Shape:
    """The shape that a type describes; of several alternatives all are seen."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _marked(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Shape(part=annotation)
    if origin in (list, tuple):
        return Shape(items=shape_of(arguments[0]))
    if origin is dict:
        # A map of anything is a foreign format: it is passed on as it is.
        return Shape() if arguments[1] is Any else Shape(values=shape_of(arguments[1]))
    return _either([shape_of(one) for one in arguments if one is not NoneType]) if arguments else Shape()


def _marked(annotation: Any) -> Shape:
    inner, *metadata = get_args(annotation)
    # A validator that reads other forms than the field keeps says which.
    forms = [getattr(one, "json_schema_input_type", PydanticUndefined) for one in metadata]
    shape = shape_of(next((form for form in forms if form is not PydanticUndefined), inner))
    return replace(
        shape,
        keeps_empty=shape.keeps_empty or KEEPS_EMPTY in metadata,
        key_by_key=shape.key_by_key or KEY_BY_KEY in metadata,
    )


def _either(shapes: list[Shape]) -> Shape:
    return Shape(
        part=next((shape.part for shape in shapes if shape.part), None),
        items=next((shape.items for shape in shapes if shape.items), None),
        values=next((shape.values for shape in shapes if shape.values), None),
        keeps_empty=any(shape.keeps_empty for shape in shapes),
        key_by_key=any(shape.key_by_key for shape in shapes),
    )
