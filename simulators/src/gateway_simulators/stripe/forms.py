"""Stripe's request encoding: forms whose names spell nesting, such as ``metadata[order]`` and ``expand[0]``."""

import re
from typing import Any
from urllib.parse import parse_qsl

from gateway_simulators.stripe.errors import ApiError, missing

Params = dict[str, Any]

_FIELDS_MAX = 1000
_DEPTH_MAX = 16
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


def parse(*encoded: str) -> Params:
    """The nested parameters of query strings or form bodies.

    Raises:
        ApiError: a name is not well-formed, or there are too many.
    """
    tree: Params = {}
    for text in encoded:
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
        except ValueError as exc:
            raise ApiError(400, "Too many parameters.") from exc
        for name, value in pairs:
            _insert(tree, _path(name), value)
    return {name: value if name == "metadata" else _listed(value) for name, value in tree.items()}


def _path(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    segments = _SEGMENT.findall(bracket + rest)
    if len(segments) > _DEPTH_MAX or not head or "".join(f"[{segment}]" for segment in segments) != bracket + rest:
        raise ApiError(400, f"Invalid parameter name: {name}")
    return [head, *segments]


def _insert(tree: Params, path: list[str], value: str) -> None:
    for segment in path[:-1]:
        child = tree.setdefault(segment or str(len(tree)), {})
        if not isinstance(child, dict):
            raise ApiError(400, f"Invalid hash: {segment}", param=path[0])
        tree = child
    tree[path[-1] or str(len(tree))] = value


def _listed(value: Any) -> Any:
    """Turns hashes with the keys 0..n-1 into lists."""
    if not isinstance(value, dict):
        return value
    children = {name: _listed(child) for name, child in value.items()}
    if children and all(name.isascii() and name.isdigit() for name in children):
        return [children[name] for name in sorted(children, key=int)]
    return children


def refuse_unknown(params: Params, known: frozenset[str]) -> None:
    """
    Raises:
        ApiError: a parameter is not among the known ones.
    """
    for name in params:
        if name not in known:
            raise unknown(name)


def unknown(name: str) -> ApiError:
    """The parameter is none of this call's."""
    return ApiError(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def integer(params: Params, name: str) -> int | None:
    """A whole number, None if absent.

    Raises:
        ApiError: it is not one.
    """
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,15}", value):
        raise ApiError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def required_integer(params: Params, name: str) -> int:
    """
    Raises:
        ApiError: it is absent or no whole number.
    """
    value = integer(params, name)
    if value is None:
        raise missing(name)
    return value


def boolean(params: Params, name: str, default: bool = False) -> bool:
    """
    Raises:
        ApiError: it is neither ``true`` nor ``false``.
    """
    value = params.get(name)
    if value is None or value == "":
        return default
    if value not in ("true", "false"):
        raise ApiError(400, f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def text(params: Params, name: str) -> str | None:
    """A string, None if absent or empty.

    Raises:
        ApiError: it is a hash or a list.
    """
    value = params.get(name)
    if value is not None and not isinstance(value, str):
        raise ApiError(400, f"Invalid string: {name}", param=name)
    return value or None


def metadata(params: Params, current: dict[str, str] | None = None) -> dict[str, str]:
    """The metadata after the request: given keys replace, empty values delete.

    Raises:
        ApiError: over 50 keys, a key over 40 or a value over 500 characters.
    """
    merged = dict(current or {})
    given = params.get("metadata")
    if given == "":
        return {}
    if given is None:
        return merged
    if not isinstance(given, dict):
        raise ApiError(400, "Invalid hash: metadata", param="metadata")
    for name, value in given.items():
        if not isinstance(value, str) or len(name) > 40 or len(value) > 500:
            raise ApiError(400, f"Metadata key or value is too long: {name[:40]}", param="metadata")
        merged[name] = value
    merged = {name: value for name, value in merged.items() if value != ""}
    if len(merged) > 50:
        raise ApiError(400, "Metadata can have at most 50 keys.", param="metadata")
    return merged
