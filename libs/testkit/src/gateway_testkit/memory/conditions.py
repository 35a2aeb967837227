"""MongoDB conditions on rows in memory."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cmp_to_key
from typing import Any, Final

Row = Mapping[str, Any]

_ABSENT: Final = object()
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "string": str,
    "date": datetime,
    "bool": bool,
    "number": (int, float),
}


def fulfils(row: Row, condition: Mapping[str, Any]) -> bool:
    """Whether the row fulfils the condition.

    Raises:
        NotImplementedError: an operator that the twin does not know.
    """
    return all(_holds(row, name, wanted) for name, wanted in condition.items())


def _holds(row: Row, name: str, wanted: Any) -> bool:
    if name == "$and":
        return all(fulfils(row, each) for each in wanted)
    if name == "$or":
        return any(fulfils(row, each) for each in wanted)
    if name.startswith("$"):
        raise NotImplementedError(name)
    value = value_at(row, name)
    if isinstance(wanted, Mapping) and any(key.startswith("$") for key in wanted):
        return all(_operator(operator)(value, operand) for operator, operand in wanted.items())
    return _equal(value, wanted)


def value_at(row: Row, path: str) -> Any:
    """The value at a dotted path; `is_absent` says whether there is none."""
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return _ABSENT
        value = value.get(part, _ABSENT)
    return value


def is_absent(value: Any) -> bool:
    """Whether a row has no such field."""
    return value is _ABSENT


def _equal(value: Any, wanted: Any) -> bool:
    if wanted is None:
        return value is None or value is _ABSENT
    if isinstance(value, list) and not isinstance(wanted, list):
        return any(_equal(each, wanted) for each in value)
    return type(value) is type(wanted) and bool(value == wanted)


def _is_of_type(value: Any, name: str) -> bool:
    if name not in _TYPES:
        raise NotImplementedError(f"$type {name}")
    is_flag = isinstance(value, bool)
    return isinstance(value, _TYPES[name]) and is_flag == (name == "bool")


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """MongoDB compares values of one type alone."""
    return lambda value, wanted: type(value) is type(wanted) and compare(value, wanted)


_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$eq": _equal,
    "$ne": lambda value, wanted: not _equal(value, wanted),
    "$in": lambda value, wanted: any(_equal(value, each) for each in wanted),
    "$nin": lambda value, wanted: not any(_equal(value, each) for each in wanted),
    "$gt": _ordered(lambda value, wanted: value > wanted),
    "$gte": _ordered(lambda value, wanted: value >= wanted),
    "$lt": _ordered(lambda value, wanted: value < wanted),
    "$lte": _ordered(lambda value, wanted: value <= wanted),
    "$exists": lambda value, wanted: (value is not _ABSENT) is wanted,
    "$type": _is_of_type,
}


def _operator(name: str) -> Callable[[Any, Any], bool]:
    if name not in _OPERATORS:
        raise NotImplementedError(name)
    return _OPERATORS[name]


def sort_key(path: str) -> Callable[[Row], Any]:
    """For ``sorted``: absent and null come first, as in MongoDB."""

    def compare(first: Row, second: Row) -> int:
        one, other = (value_at(row, path) for row in (first, second))
        empty = [value is None or value is _ABSENT for value in (one, other)]
        if any(empty):
            return int(empty[1]) - int(empty[0])
        return int(one > other) - int(one < other)

    return cmp_to_key(compare)
