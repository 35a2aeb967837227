"""The stored form of a change."""

from functools import cache
from typing import Any

from gateway_contracts.aggregates import Appended, Entity

Row = dict[str, Any]


def change_of(before: Entity, after: Entity) -> Row:
    """The update that makes the document of ``before`` that of ``after``: the fields that changed, or nothing.

    Raises:
        ValueError: a list that only grows lost entries or has others.
    """
    old, new = vars(before), vars(after)
    names = type(before).model_fields
    changed = {name for name in names if new[name] is not old[name] and new[name] != old[name]}
    appended = {name: kept for name, kept in _appended(type(after)).items() if name in changed}
    if any(new[name][: len(old[name])] != old[name] for name in appended):
        raise ValueError(f"only grow: {', '.join(appended)}")
    # Of a long list the new entries alone are worth encoding.
    added = after.model_copy(update={name: new[name][len(old[name]) :] for name in appended}) if appended else after
    values = added.model_dump(include=changed, warnings="error")
    pushed = {name: {"$each": values.pop(name), "$slice": -kept} for name, kept in appended.items()}
    return {operator: part for operator, part in (("$set", values), ("$push", pushed)) if part}


def as_version(version: int) -> int | Row:
    """The condition on the stored version; documents of before the kernel have none until their first change."""
    return version if version > 1 else {"$in": [version, None]}


@cache
def _appended(entity: type[Entity]) -> dict[str, int]:
    """The lists that only grow, with the number of their entries that are kept."""
    marks = [(name, mark) for name, field in entity.model_fields.items() for mark in field.metadata]
    return {name: mark.kept for name, mark in marks if isinstance(mark, Appended)}
