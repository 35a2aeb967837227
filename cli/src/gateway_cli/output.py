"""Output for people (aligned columns) and for machines (``--json``: one line)."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

Command = Callable[..., Any]
_GAP = "  "


def json_option(command: Command) -> Command:
    """``--json`` as the argument ``as_json``."""
    text = "Write one line of JSON: the same fields in every version, new ones may follow."
    return click.option("--json", "as_json", is_flag=True, help=text)(command)


def yes_option(command: Command) -> Command:
    """``--yes`` as the argument ``is_confirmed``."""
    return click.option("--yes", "is_confirmed", is_flag=True, help="Do not ask for confirmation.")(command)


def confirm(question: str, *, is_confirmed: bool) -> None:
    """Ask on standard error, which leaves the output to the result; anything but yes ends the command."""
    if not is_confirmed:
        click.confirm(question, abort=True, err=True)


def write_json(content: Any, *, is_aside: bool = False) -> None:
    """One line; ``is_aside``: on standard error, because the output is something else."""
    click.echo(json.dumps(content, ensure_ascii=False, default=_plain), err=is_aside)


def write_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns as wide as their longest value; the last one is not filled up."""
    lines = [list(heads), *[[_text(value) for value in row] for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        padded = [value.ljust(width) for value, width in zip(line, widths, strict=True)]
        click.echo(_GAP.join(padded).rstrip())


def write_columns(values: Sequence[object], widths: Sequence[int]) -> None:
    """One line of a table that has no end; a value that is longer than its column moves the others."""
    padded = [_text(value).ljust(width) for value, width in zip(values, (*widths, 0), strict=True)]
    click.echo(_GAP.join(padded).rstrip())


def moment(at: datetime) -> str:
    """UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counted(count: int, one: str, many: str) -> str:
    """``1 letter``, ``2 letters``."""
    return f"{count} {one if count == 1 else many}"


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value)
    # A value of a tenant can neither break the table nor control the terminal.
    return "".join(letter if letter.isprintable() else "�" for letter in str(value)) or "-"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return moment(value)
    raise TypeError(f"{type(value).__name__} is not written as JSON")
