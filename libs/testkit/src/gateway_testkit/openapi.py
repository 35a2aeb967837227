"""Values that an OpenAPI document lets through without a bound: for tests that no public field is forgotten."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
_BOUNDS = frozenset({"maxLength", "maxItems", "maxProperties", "minimum", "maximum"})
_BOUNDED_FORMATS = frozenset({"date-time", "date", "uuid"})


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Method, path and definition of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def is_stream(operation: Schema) -> bool:
    """Whether its answer is a stream of events, which has no end that a request could wait for."""
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


def inputs(document: Schema) -> Iterator[tuple[str, Schema]]:
    """Every schema that a caller fills in, with where it is: parameters and request bodies."""
    for method, path, operation in operations(document):
        place = f"{method} {path}"
        for parameter in operation.get("parameters", []):
            yield f"{place} {parameter['in']} {parameter['name']}", parameter["schema"]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            yield f"{place} body", content["schema"]


def unbounded(document: Schema) -> list[str]:
    """Places where texts have no length, lists and maps no size, or numbers no range."""
    found: dict[str, None] = {}
    for place, schema in inputs(document):
        for problem in _problems(document, schema, place, ()):
            found[problem] = None
    return list(found)


def resolved(document: Schema, schema: Schema) -> Schema:
    """The schema behind a reference, with what stands beside the reference."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Schema = document["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return {**target, **{name: value for name, value in schema.items() if name != "$ref"}}


def _problems(document: Schema, schema: Schema, place: str, above: tuple[str, ...]) -> Iterator[str]:
    reference = schema.get("$ref", "")
    if reference in above:
        return
    above = (*above, reference) if reference else above
    schema = resolved(document, schema)
    parts = [part for name in ("anyOf", "oneOf", "allOf") for part in schema.get(name, [])]
    if parts:
        # Bounds that stand beside the alternatives hold for each of them.
        beside = {name: value for name, value in schema.items() if name in _BOUNDS}
        for part in parts:
            yield from _problems(document, {**beside, **part}, place, above)
        return
    if "enum" in schema or "const" in schema or schema.get("readOnly"):
        return  # what is read only is ignored, whatever it is
    yield from _of_kind(document, schema, place, above)


def _of_kind(document: Schema, schema: Schema, place: str, above: tuple[str, ...]) -> Iterator[str]:
    kind = schema.get("type")
    if kind == "string":
        if "maxLength" not in schema and schema.get("format") not in _BOUNDED_FORMATS:
            yield f"{place}: a text without maxLength"
    elif kind in ("integer", "number"):
        if not ({"minimum", "exclusiveMinimum"} & schema.keys() and {"maximum", "exclusiveMaximum"} & schema.keys()):
            yield f"{place}: a number without minimum and maximum"
    elif kind == "array":
        if "maxItems" not in schema:
            yield f"{place}: a list without maxItems"
        yield from _problems(document, schema.get("items", {}), f"{place}[]", above)
    elif kind == "object":
        yield from _of_object(document, schema, place, above)
    elif kind not in ("boolean", "null"):
        yield f"{place}: anything at all"


def _of_object(document: Schema, schema: Schema, place: str, above: tuple[str, ...]) -> Iterator[str]:
    for name, shape in schema.get("properties", {}).items():
        yield from _problems(document, shape, f"{place}.{name}", above)
    more = schema.get("additionalProperties", not schema.get("properties"))
    if more is False:
        return
    if "maxProperties" not in schema and not schema.get("properties"):
        yield f"{place}: a map without maxProperties"
    if isinstance(more, dict):
        yield from _problems(document, more, f"{place}.*", above)


Path = tuple[str | int, ...]


def leaves(
    document: Schema, schema: Schema, path: Path = (), above: tuple[str, ...] = ()
) -> Iterator[tuple[Path, Schema]]:
    """Every place of a body that a caller fills in: fields of all depths, a member of each list and map."""
    reference = schema.get("$ref", "")
    if reference in above:
        return
    above = (*above, reference) if reference else above
    schema = resolved(document, schema)
    parts = [part for name in ("anyOf", "oneOf", "allOf") for part in schema.get(name, [])]
    for part in parts:
        yield from leaves(document, part, path, above)
    if not parts:
        yield path, schema
    for name, shape in schema.get("properties", {}).items():
        yield from leaves(document, shape, (*path, name), above)
    if isinstance(schema.get("items"), dict):
        yield from leaves(document, schema["items"], (*path, 0), above)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from leaves(document, schema["additionalProperties"], (*path, "a"), above)


def with_value(body: Any, path: Path, value: Any) -> Any:
    """A copy of the body with that value at that place; what leads there is made where it is missing."""
    if not path:
        return value
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        found = list(body) if isinstance(body, list) and body else [None]
        found[head] = with_value(found[head], rest, value)
        return found
    whole = dict(body) if isinstance(body, dict) else {}
    whole[head] = with_value(whole.get(head), rest, value)
    return whole
