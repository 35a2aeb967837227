"""Limits of every JSON value from outside, beside its schema: the rule of both APIs and of every owner.

Neither the database nor the bus take half of a character, an integer of more than 64 bits or a number that is none;
documents, logs and terminals take no control characters.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from gateway_contracts.limits import DEPTH_MAX, INT64_MAX
from gateway_contracts.texts import clean_text, text_problem, utf8_size

_NAME_SHOWN: Final = 60
_OUT_OF_RANGE: Final = "is out of range"


@dataclass(frozen=True)
class Flaw:
    """The first thing in a value that cannot be kept. ``path`` leads to it: names and places in lists."""

    path: tuple[str | int, ...]
    message: str

    @property
    def field(self) -> str:
        """The path in words."""
        return field_name(self.path)


def field_name(path: tuple[str | int, ...]) -> str:
    """``("items", 0, "quantity")`` → ``items[0].quantity``."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


@dataclass(frozen=True)
class Inspected:
    """A value that was looked through. ``texts_bytes``: all its texts, without the names of fields, as UTF-8."""

    flaw: Flaw | None
    texts_bytes: int


def inspect(value: Any) -> Inspected:
    """Look through a parsed JSON value; stops at the first flaw."""
    try:
        return Inspected(None, _texts_bytes(value, DEPTH_MAX))
    except _Flawed:
        return _located(value)


class _Flawed(Exception):
    """Something cannot be kept; where it is found out only then."""


def _texts_bytes(value: Any, depth: int) -> int:
    """The size of all texts, fast: every request is looked through, and almost none has a flaw."""
    kind = type(value)
    if kind is str:
        if value.isascii() and value.isprintable():
            return len(value)
        if text_problem(value):
            raise _Flawed
        return utf8_size(value)
    if kind is dict or kind is list:
        if not depth or (kind is dict and not _are_names(value)):
            raise _Flawed
        size = 0
        for one in value.values() if kind is dict else value:
            size += _texts_bytes(one, depth - 1)
        return size
    if _problem(value, 0) is not None or isinstance(value, str | dict | list | tuple):
        raise _Flawed
    return 0


def _are_names(names: Iterable[str]) -> bool:
    return all(name.isprintable() or not text_problem(name) for name in names)


def _located(value: Any) -> Inspected:
    """The same with the way to the flaw."""
    texts_bytes = 0
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(value, ())]
    while waiting:
        one, path = waiting.pop()
        if isinstance(one, str):
            texts_bytes += utf8_size(one)
        message = _problem(one, len(path))
        if message is not None:
            return Inspected(Flaw(path, message), texts_bytes)
        if isinstance(one, dict):
            for name in one:
                if problem := text_problem(name):
                    shown = clean_text(name, _NAME_SHOWN)
                    return Inspected(Flaw((*path, shown), f"the name {problem}"), texts_bytes)
            waiting += [(item, (*path, name)) for name, item in reversed(one.items())]
        elif isinstance(one, list | tuple):
            waiting += [(one[place], (*path, place)) for place in reversed(range(len(one)))]
    return Inspected(None, texts_bytes)


def _problem(value: Any, depth: int) -> str | None:
    if isinstance(value, str):
        return text_problem(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return None if abs(value) <= INT64_MAX else _OUT_OF_RANGE
    if isinstance(value, float):
        return None if math.isfinite(value) else _OUT_OF_RANGE
    if depth >= DEPTH_MAX and isinstance(value, dict | list | tuple):
        return f"is nested more than {DEPTH_MAX} levels deep"
    return None
