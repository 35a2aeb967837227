"""Values just inside and just outside of the published rules of single fields.

A published schema is walked. For each field of all depths come values around every bound, and what the schema says
about each of them: `Verdict.is_allowed`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import jsonschema

from gateway_testkit.openapi import Path, Schema, resolved, with_value

_FORMAT_SAMPLES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # Of each format: values of it, and values that are not.
    "iso-4217": (("EUR", "eur", "JPY"), ("XXX", "E1R", "DEM")),
    "iso-3166-alpha-2": (("DE", "de", "AT"), ("ZZ", "D1")),
    "iana-time-zone": (("Europe/Berlin", "UTC"), ("Europe/Nowhere", "CET+1")),
    "unece-rec-20": (("C62", "HUR", "XBX", "11"), ("QQQ", "c62", "C6")),
    "email": (("jane@example.com",), ("jane", "jane@example", "jane doe@example.com")),
    "uri": (("https://shop.example/a?b=c",), ("shop.example", "javascript:alert(1)", "https://", "https://a b")),
    "origin": (("https://shop.example", "http://localhost:3000"), ("shop.example", "https://shop.example/a")),
    "date": (("2030-01-31",), ("2030-02-30", "20300131", "2030-01-31T00:00:00Z", "1893456000")),
    "date-time": (("2030-01-31T12:00:00Z",), ("2030-13-31T12:00:00Z", "yesterday")),
}
_FORMAT_SHAPES: Final = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "uri": re.compile(r"https?://[^/\s]+\.[^\s]+"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "date-time": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"),
}
_PADDED: Final = {"email": ("a", "@example.com"), "uri": ("https://shop.example/", "x")}
"""How texts of these formats begin and end that are made as long as allowed."""
_PATTERN_SAMPLES: Final = (
    "a",
    "A",
    "1",
    "de",
    "de-DE",
    "goods",
    "Goods",
    "a b",
    "a-b",
    "9930",
    "99300",
    "#0b5fff",
    "0b5fff",
    "19",
    "19.1234",
    "19.12345",
    "100.0",
    "100.1",
    "-1",
    "65f0c0ffee65f0c0ffee65f0",
    "65F0C0FFEE65F0C0FFEE65F0",
    "a\tb",
)
NEEDED: Final = "x-needed"
"""In a schema: values that only a rule across fields asks for. Tests put it there."""
_OTHER_KINDS: Final[tuple[Any, ...]] = (True, 1, 1.5, "text", [], {}, None)


@dataclass(frozen=True)
class Verdict:
    """A value for a place of a body, and whether the published schema allows it there."""

    path: Path
    value: Any
    is_allowed: bool


def _checker() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker(formats=())
    for name in _FORMAT_SAMPLES:
        checker.checks(name)(lambda value, name=name: not isinstance(value, str) or _is_member(value, name))
    return checker


def _is_member(text: str, form: str) -> bool:
    """Judges the values that are made here, and examples; of a list of codes only the samples are members."""
    members, strangers = _FORMAT_SAMPLES[form]
    shape = _FORMAT_SHAPES.get(form)
    return text in members or (shape is not None and text not in strangers and bool(shape.fullmatch(text)))


_CHECKER: Final = _checker()


def allows(document: Schema, schema: Schema) -> Callable[[Any], bool]:
    """Says whether the published schema allows a value."""
    validator = jsonschema.Draft202012Validator(_whole(document, schema), format_checker=_CHECKER)
    return lambda value: bool(validator.is_valid(value))


def _whole(document: Schema, part: Any) -> Any:
    """A schema with its references replaced by what they name."""
    if isinstance(part, list):
        return [_whole(document, one) for one in part]
    if isinstance(part, dict):
        return {name: _whole(document, value) for name, value in resolved(document, part).items()}
    return part


def smallest(document: Schema, schema: Schema) -> Any:
    """A value that the schema allows, with required fields alone; examples are taken where there are any."""
    schema = resolved(document, schema)
    for examples in (schema.get("examples"), schema.get("enum")):
        if examples:
            return examples[0]
    if "const" in schema:
        return schema["const"]
    if parts := [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]:
        return smallest(document, parts[0])
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", ())
        shown = schema.get("properties", {})
        values = {name: smallest(document, shown[name]) for name in required if name in shown}
        return values | schema.get(NEEDED, {})
    if kind == "array":
        return [smallest(document, schema["items"])] * schema.get("minItems", 0)
    if kind == "string":
        return _a_text(schema)
    low = schema.get("minimum", 1)
    return {"integer": int(low), "number": low, "boolean": True}.get(str(kind), "x")


def verdicts(document: Schema, schema: Schema, body: Any) -> Iterator[tuple[Any, Verdict]]:
    """Bodies that differ from an allowed one in one place, with the value there and the verdict about it."""
    for path, place, is_required in _places(document, schema, ()):
        start = _with_parents(document, schema, body, path)
        is_allowed = allows(document, place)
        for value in _values(document, place):
            is_needed = is_required and len(path) == 1 and not (value == [] and _is_map(resolved(document, place)))
            if _counts_as_not_given(value) and not is_needed:
                continue  # the rule for empty values (ADR 0037) has a test of its own
            yield with_value(start, path, value), Verdict(path, value, is_allowed(value))
        if is_required and path:
            yield _without(start, path), Verdict(path, "(not given)", is_allowed=False)


def _counts_as_not_given(value: Any) -> bool:
    return value in (None, "", [], {})


def _is_map(schema: Schema) -> bool:
    return any(part.get("type") == "object" for part in (schema, *schema.get("anyOf", ())))


def _places(document: Schema, schema: Schema, path: Path) -> Iterator[tuple[Path, Schema, bool]]:
    schema = resolved(document, schema)
    for part in schema.get("anyOf", ()):
        yield from _places(document, part, path)
    required = schema.get("required", ())
    for name, shown in schema.get("properties", {}).items():
        yield (*path, name), shown, name in required
        yield from _places(document, shown, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield (*path, 0), schema["items"], False
        yield from _places(document, schema["items"], (*path, 0))
    if isinstance(schema.get("additionalProperties"), dict):
        yield (*path, "a"), schema["additionalProperties"], False


def _with_parents(document: Schema, schema: Schema, body: Any, path: Path) -> Any:
    """The body with all objects that lead to the place, each with its required fields."""
    shown, found = schema, body
    for place in range(1, len(path)):
        shown = _below(document, shown, path[place - 1])
        if _at(found, path[:place]) in (None, [], {}):
            found = with_value(found, path[:place], smallest(document, shown))
    return found


def _below(document: Schema, schema: Schema, step: str | int) -> Schema:
    schema = resolved(document, schema)
    for part in (schema, *(resolved(document, part) for part in schema.get("anyOf", ()))):
        if isinstance(step, int) and isinstance(part.get("items"), dict):
            return dict(part["items"])
        if step in part.get("properties", {}):
            return dict(part["properties"][step])
        if isinstance(part.get("additionalProperties"), dict):
            return dict(part["additionalProperties"])
    raise KeyError(step)


def _at(body: Any, path: Path) -> Any:
    for step in path:
        if isinstance(step, int):
            body = body[step] if isinstance(body, list) and len(body) > step else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


def _without(body: Any, path: Path) -> Any:
    parent = _at(body, path[:-1])
    less = {name: value for name, value in parent.items() if name != path[-1]}
    return with_value(body, path[:-1], less)


def _values(document: Schema, schema: Schema) -> Iterator[Any]:
    yield from _OTHER_KINDS
    for part in _alternatives(document, schema):
        if "enum" in part or "const" in part:
            yield from part.get("enum", [part.get("const")])
        elif part.get("type") == "string":
            yield from _texts(part)
        elif part.get("type") in ("integer", "number"):
            yield from _numbers(part)
        elif part.get("type") == "array":
            one = smallest(document, part["items"])
            sizes = _around(part.get("minItems", 0), part.get("maxItems"))
            yield from ([one] * size for size in sizes)
        elif part.get("type") == "object" and isinstance(part.get("additionalProperties"), dict):
            yield from _maps(document, part)


def _alternatives(document: Schema, schema: Schema) -> Iterator[Schema]:
    schema = resolved(document, schema)
    beside = {name: value for name, value in schema.items() if name != "anyOf"}
    parts = schema.get("anyOf")
    yield from (
        [schema] if parts is None else ({**beside, **one} for part in parts for one in _alternatives(document, part))
    )


def _texts(schema: Schema) -> Iterator[str]:
    members, strangers = _FORMAT_SAMPLES.get(schema.get("format", ""), ((), ()))
    yield from (*members, *strangers)
    if "pattern" in schema:
        yield from _PATTERN_SAMPLES
    for size in _around(schema.get("minLength", 0), schema.get("maxLength")):
        yield from (letter * size for letter in "a1")
        if (padded := _PADDED.get(schema.get("format", ""))) and size > len("".join(padded)):
            yield padded[0] + "a" * (size - len("".join(padded))) + padded[1]


def _a_text(schema: Schema) -> str:
    members: tuple[str, ...]
    members, _ = _FORMAT_SAMPLES.get(schema.get("format", ""), ((), ()))
    size = max(int(schema.get("minLength", 1)), 1)
    candidates = (*members, *_PATTERN_SAMPLES, *(letter * size for letter in "ax1"))
    pattern = re.compile(schema.get("pattern", ""))
    most = schema.get("maxLength", size)
    fitting = (text for text in candidates if size <= len(text) <= max(most, size) and pattern.search(text))
    return "x" * size if "pattern" not in schema and not members else next(fitting)


def _numbers(schema: Schema) -> Iterator[int | float]:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None:
        yield from (int(low) - 1, int(low))
    if high is not None:
        yield from (int(high), int(high) + 1)
    if "exclusiveMaximum" in schema:
        yield from (int(schema["exclusiveMaximum"]) - 1, int(schema["exclusiveMaximum"]))


def _maps(document: Schema, schema: Schema) -> Iterator[dict[str, Any]]:
    one = smallest(document, schema["additionalProperties"])
    names = schema.get("propertyNames", {})
    for size in _around(0, schema.get("maxProperties")):
        yield {f"a{place}": one for place in range(size)}
    for length in _around(names.get("minLength", 0), names.get("maxLength")):
        yield {"a" * length: one}


def _around(low: int, high: int | None) -> Iterable[int]:
    sizes = [low - 1, low] + ([] if high is None else [high, high + 1])
    return [size for size in sizes if size >= 0]
