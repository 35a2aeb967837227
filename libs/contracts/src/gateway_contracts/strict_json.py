"""JSON as we read it from outside: UTF-8 (a byte order mark is passed over), each name once, numbers in range."""

import json
from typing import Any, Final

from gateway_contracts.errors import FieldProblem, Invalid, Unreadable
from gateway_contracts.limits import INT64_MAX

_DIGITS_MAX: Final = 20
_TOO_LARGE: Final = 2 * INT64_MAX
"""Stands for every integer of more digits: out of range all the same, and cheap."""
_SHOWN: Final = 60


def read_json(body: bytes) -> Any:
    """The value of a body.

    Raises:
        Unreadable: not UTF-8, not JSON, or nested so deep that it cannot be read.
        Invalid: an object names a field twice.
    """
    try:
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=_object, parse_int=_integer)
    except UnicodeDecodeError as exc:
        raise Unreadable("the body is not UTF-8") from exc
    except RecursionError as exc:
        raise Unreadable("the body is nested too deep") from exc
    except ValueError as exc:
        raise Unreadable("the body is not JSON") from exc


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]  # None is false
        raise _twice(twice)
    return found


def _twice(name: str) -> Invalid:
    shown = name[:_SHOWN].encode("ascii", "backslashreplace").decode()
    return Invalid(f"{shown}: is given twice", details=[FieldProblem(shown, "is given twice")])


def _integer(digits: str) -> int:
    # Python itself refuses to read more than some thousand digits, with an error that names no field.
    return int(digits) if len(digits) <= _DIGITS_MAX else _TOO_LARGE
