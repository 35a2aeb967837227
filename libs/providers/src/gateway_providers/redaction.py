"""Redaction of requests and answers: what is not on an allow list is shown by its type alone.

A value is shown where its name is on the list of the provider and the value is a plain word, number or moment. An
object is looked into where its name is on the list. So a field that a provider adds later, or a text that a person
wrote, never passes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway_providers.ports import MARKER_ORGANIZATION, MARKER_REFUND, MARKER_TRANSACTION

BYTES_MAX: Final = 4096
"""Of one request or answer after redaction."""
LIST_ITEMS_MAX: Final = 3
_DEPTH_MAX: Final = 8
# No spaces, no "@" and no "/": neither names with their parts, nor addresses, nor links are plain.
_PLAIN: Final = re.compile(r"[A-Za-z0-9._:+-]{1,80}")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}|[0-9]{1,3}")
_CARD: Final = re.compile(r"[0-9]{12,19}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
# Keys of these are written by merchants and their customers, as are the values.
_KEYED_BY_OTHERS: Final = frozenset({"metadata"})
_REST: Final = "…"
# What a name, its value and the signs around them take at most, beside their own letters.
_SIGNS: Final = 6


@dataclass(frozen=True)
class Shown:
    """The allow list of one provider.

    Attributes:
        values: names whose plain values are shown; ``amount.value`` is shown within ``amount`` alone.
        objects: names whose objects and lists are looked into.
    """

    values: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: str, objects: str = "") -> "Shown":
        """The list with these names, which spaces separate."""
        return cls(frozenset(values.split()), frozenset(objects.split()))

    def __or__(self, other: "Shown") -> "Shown":
        return Shown(self.values | other.values, self.objects | other.objects)


MARKERS: Final = Shown(
    values=frozenset({MARKER_TRANSACTION, MARKER_ORGANIZATION, MARKER_REFUND}), objects=frozenset({"metadata"})
)
"""Names that the gateway itself writes at providers."""


def redacted_json(body: object, shown: Shown) -> str:
    """A JSON body as text of at most `BYTES_MAX` bytes, all of them ASCII."""
    walk = _Walk(shown | MARKERS, BYTES_MAX - 64)
    return json.dumps(walk.within(body), ensure_ascii=True, separators=(",", ":"))


def redacted_path(path: str) -> str:
    """A path of a URL without what is no plain part."""
    bare = path.partition("?")[0]
    return "/".join(part if not part or _is_plain(part) else "<text>" for part in bare.split("/"))[:200]


def form_as_object(form: Mapping[str, str]) -> dict[str, Any]:
    """A form or query with names such as ``metadata[key]`` as the object that it stands for."""
    made: dict[str, Any] = {}
    for name, value in form.items():
        first, *rest = name.replace("]", "").split("[")
        place, last = made, first
        for part in rest:
            inner = place.setdefault(last, {})
            if not isinstance(inner, dict):
                break
            place, last = inner, part
        place[last] = value
    return made


class _Walk:
    """One walk through a body; what no longer fits is counted."""

    def __init__(self, shown: Shown, left: int) -> None:
        self._shown = shown
        self._left = left

    def within(self, body: object, name: str = "", depth: int = 0) -> object:
        """The redacted body of what is looked into."""
        if isinstance(body, Mapping) and depth <= _DEPTH_MAX:
            return self._object(body, name, depth)
        if isinstance(body, list) and depth <= _DEPTH_MAX:
            return self._list(body, name, depth)
        return self._value(body, is_listed=name in self._shown.values)

    def _object(self, body: Mapping[Any, Any], within: str, depth: int) -> object:
        made: dict[str, object] = {}
        hidden = 0
        for name, value in body.items():
            is_listed = self._is_listed(name, within) or name in self._shown.objects
            is_name = isinstance(name, str) and _NAME.fullmatch(name) is not None
            if not is_name or self._left <= 0 or (within in _KEYED_BY_OTHERS and not is_listed):
                hidden += 1
                continue
            self._left -= len(name) + _SIGNS
            made[name] = self._field(name, value, within, depth)
        if hidden:
            made[_REST] = f"<{hidden} more>"
        return made

    def _is_listed(self, name: str, within: str) -> bool:
        return name in self._shown.values or f"{within}.{name}" in self._shown.values

    def _field(self, name: str, value: object, within: str, depth: int) -> object:
        if isinstance(value, Mapping | list) and name in self._shown.objects:
            return self.within(value, name, depth + 1)
        return self._value(value, is_listed=self._is_listed(name, within))

    def _list(self, items: list[Any], name: str, depth: int) -> object:
        made = [self.within(item, name, depth + 1) for item in items[:LIST_ITEMS_MAX] if self._left > 0]
        left_out = len(items) - len(made)
        self._left -= 2 * _SIGNS
        return [*made, f"<{left_out} more>"] if left_out else made

    def _value(self, value: object, *, is_listed: bool) -> object:
        is_shown = is_listed and (
            isinstance(value, bool) or (isinstance(value, int | float | str) and _is_plain(str(value)))
        )
        shown = value if is_shown or value is None else _type_of(value)
        self._left -= len(str(shown)) + _SIGNS
        return shown


def _is_plain(text: str) -> bool:
    """A word, number or moment that is no number of a card or an account."""
    return _PLAIN.fullmatch(text) is not None and not _is_card(text) and not _is_account(text)


def _is_card(text: str) -> bool:
    digits = re.sub(r"[.:+-]", "", text)
    if not _CARD.fullmatch(digits):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def _is_account(text: str) -> bool:
    if not _IBAN.fullmatch(text.upper()):
        return False
    moved = text.upper()[4:] + text.upper()[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def _type_of(value: object) -> str:
    match value:
        case bool():
            return "<boolean>"
        case int() | float():
            return "<number>"
        case str():
            return "<text>" if value else ""
        case Mapping():
            return "<object>"
        case list():
            return f"<list of {len(value)}>"
        case _:
            return "<other>"
