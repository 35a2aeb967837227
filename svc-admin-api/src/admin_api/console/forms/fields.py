"""Fields of forms: from what a person typed to what the API takes, and back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from admin_api.console.translations import N_
from gateway_contracts.amount_format import from_minor
from gateway_contracts.money import Money

Row = Mapping[str, Any]
Kind = Literal[
    "text",
    "email",
    "secret",
    "long",
    "lines",
    "source",
    "image",
    "number",
    "amount",
    "moment",
    "choice",
    "choices",
    "flag",
    "json",
]
_MINUTE: Final = len("2030-01-31T12:00")
_SECOND: Final = len("2030-01-31T12:00:30")
_ON: Final = "on"
_NOTHING: Final = object()


@dataclass(frozen=True)
class Options:
    """Choices that a list of the API has: the ids of its rows.

    Attributes:
        path: of the list.
        rows: the field of the answer that holds the rows.
        label: the field of a row that names it.
        both_modes: whether rows of test and live mode are choices, each with its mode.
    """

    path: str
    rows: str
    label: str
    both_modes: bool = False


@dataclass(frozen=True)
class Field:
    """One field of a form.

    Attributes:
        name: as the API names it; a dot leads into an object: ``companyAddress.city``.
        kind: ``long`` is a text of several lines, ``lines`` a list with one entry a line, ``source`` a text of a
            program's language, ``image`` a picture as base64, ``amount`` is typed in major units of the row's currency,
            ``moment`` in UTC, ``json`` is an object. A ``secret`` is never shown; an empty one stays as it is.
        choices: of a ``choice`` (one), of a ``number``, or of ``choices`` (any number).
        words: names of choices, in English.
        options: where the choices come from, instead of ``choices``.
        group: heading above the field.
        start: the value where there is none yet; ``on`` for a box.
        keeps_empty: an empty text is a value.
        source: where the object has the present value, if not under the name: ``email.plaintext``.
    """

    name: str
    title: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    is_required: bool = True
    hint: str = ""
    length_max: int = 200
    words: Mapping[str, str] = field(default_factory=dict)
    options: Options | None = None
    group: str = ""
    start: str = ""
    keeps_empty: bool = False
    source: str = ""


class Unfit(ValueError):
    """A field of a form that cannot be read.

    Attributes:
        field: its name.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def body_of(fields: Iterable[Field], filled: Mapping[str, str], row: Row, *, clears: bool) -> dict[str, Any]:
    """The fields as the API takes them.

    Args:
        filled: texts by the names of the inputs.
        row: the object that is changed, for the currency of amounts.
        clears: whether an empty field is sent as null (PATCH) or left out.

    Raises:
        Unfit: the first field that cannot be read.
    """
    body: dict[str, Any] = {}
    for item in fields:
        value = _value(item, filled, row)
        if value is _NOTHING and (not clears or item.kind == "secret"):
            continue
        inner, *outer = reversed(item.name.split("."))
        place = body
        for name in reversed(outer):
            place = place.setdefault(name, {})
        place[inner] = None if value is _NOTHING else value
    return body


def texts_of(fields: Iterable[Field], row: Row) -> dict[str, str]:
    """The present values of an object by the names of the inputs."""
    filled: dict[str, str] = {}
    for item in fields:
        value = _present(item.source or item.name, row)
        if item.kind in {"secret", "amount"}:
            continue
        if value is None:
            filled |= start_of([item])
            continue
        if item.kind == "choices":
            filled |= {input_name(item, choice): _ON for choice in value}
        elif item.kind == "flag":
            filled |= {item.name: _ON} if value else {}
        elif item.kind == "lines":
            filled[item.name] = "\n".join(value)
        else:
            filled[item.name] = str(value)[:_SECOND].removesuffix(":00") if item.kind == "moment" else str(value)
    return filled


def described(fields: Iterable[Field], row: Row) -> list[tuple[str, list[tuple[str, bool]]]]:
    """Titles and texts of the values that an object has. With each text, whether it is to be translated."""
    found = [(item, _present(item.source or item.name, row)) for item in fields]
    listed = [(item, value if isinstance(value, list) else [value]) for item, value in found if value not in (None, [])]
    return [(item.title, [_described(item, value) for value in values]) for item, values in listed]


def _described(item: Field, value: Any) -> tuple[str, bool]:
    if item.kind == "flag":
        return (N_("Yes") if value else N_("No")), True
    text = str(value)
    return item.words.get(text, text), item.options is None and text in item.words


def start_of(fields: Iterable[Field]) -> dict[str, str]:
    """The values where there are none yet."""
    return {item.name: item.start for item in fields if item.start}


def input_name(item: Field, choice: str) -> str:
    """The name of the box for one of the choices."""
    return f"{item.name}[{choice}]"


def place_errors(fields: Iterable[Field], errors: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Messages by field of the form, and the others as one text.

    A message about a part of a field, such as ``scopes[0]``, stands at the field.
    """
    placed: dict[str, str] = {}
    left: list[str] = []
    names = [item.name for item in fields]
    for place, message in errors.items():
        owner = next((name for name in names if place == name or place.startswith((f"{name}[", f"{name}."))), None)
        if owner is None:
            left.append(f"{place}: {message}" if place else message)
        else:
            placed.setdefault(owner, message)
    return placed, "; ".join(left)


def _value(item: Field, filled: Mapping[str, str], row: Row) -> Any:
    if item.kind == "flag":
        return filled.get(item.name) == _ON
    value: Any = _typed(item, filled)
    if not value:
        if item.keeps_empty:
            return value
        if item.is_required and item.kind != "secret":
            raise Unfit(item.name, N_("Please fill in this field."))
        return _NOTHING
    match item.kind:
        case "amount":
            return _amount(item, value, row)
        case "number":
            return _number(item, value)
        case "json":
            return _object(item, value)
        case "moment":
            return value + {_MINUTE: ":00Z", _SECOND: "Z"}.get(len(value), "")
        case _:
            return value


def _typed(item: Field, filled: Mapping[str, str]) -> str | list[str]:
    if item.kind == "choices":
        return [choice for choice in item.choices if input_name(item, choice) in filled]
    text = filled.get(item.name, "").strip()
    if item.kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    return text.replace("\r\n", "\n")


def _present(name: str, row: Row) -> Any:
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _number(item: Field, text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise Unfit(item.name, N_("Write a whole number."))
    return int(text)


def _object(item: Field, text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise Unfit(item.name, N_("Write it as a JSON object.")) from exc
    if not isinstance(value, dict):
        raise Unfit(item.name, N_("Write it as a JSON object."))
    return value


def _amount(item: Field, text: str, row: Row) -> int:
    """An amount as the API takes it. A comma is a decimal sign too; signs between thousands are refused."""
    try:
        money = Money.from_decimal_text(text.replace(",", "."), row["currency"])
    except ValueError as exc:
        raise Unfit(item.name, N_("Write the amount in digits, such as 12.50.")) from exc
    return from_minor(money.amount_minor, row["currency"], row.get("amountFormat", "minor"))
