"""Draws the lifecycle table of transactions into ``docs/lifecycle.md`` from the data that the service runs on.

``--check`` writes nothing and fails when the page is not that of the code.
"""

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path

from transaction.domain.lifecycle import TABLE, Circumstances, Decision
from transaction.domain.states import Status

PAGE = Path(__file__).resolve().parent.parent / "docs" / "lifecycle.md"
HEAD = """# The lifecycle of a transaction

Made by `make lifecycle` from `svc-transaction/src/transaction/domain/lifecycle.py`; a test keeps it current. A cell
says what a trigger does in a state: the new state in bold, or *recorded* (on the timeline), *ignored*, *conflict*
(refused to a caller; a case for an event), *case* (waits for a person). "first" is done at the provider before the
change, "then" after it. Where a cell depends on circumstances, the others follow after "if".

"""


def words(decision: Decision) -> str:
    """One decision in a few words."""
    parts = [f"**{decision.to.value}**" if decision.to else f"*{decision.effect.value}*"]
    if decision.late:
        parts.append("(late)")
    if decision.first:
        parts.append(f"first {decision.first.value}")
    if decision.then:
        parts.append("then " + ", ".join(action.value for action in decision.then))
    if decision.case:
        parts.append(decision.case.value if decision.to is None else f"and *case* {decision.case.value}")
    return " ".join(parts)


def cell_text(cell: object) -> str:
    """A cell, with what each single circumstance changes."""
    if isinstance(cell, Decision):
        return words(cell)
    assert callable(cell)
    usual = words(cell(Circumstances()))
    variants = []
    for field in fields(Circumstances):
        flipped = replace(Circumstances(), **{field.name: not field.default})
        if (text := words(cell(flipped))) != usual:
            word = field.name.replace("_", " ")
            variants.append(f"if {'not ' if field.default else ''}{word}: {text}")
    return "; ".join([usual, *variants])


def page() -> str:
    """The whole page."""
    states = [status.value for status in Status]
    lines = [f"| trigger | {' | '.join(states)} |", "|---" * (len(states) + 1) + "|"]
    for trigger, row in TABLE.items():
        cells = " | ".join(cell_text(row[status]) for status in Status)
        lines.append(f"| {trigger.value.replace('_', ' ')} | {cells} |")
    return HEAD + "\n".join(lines) + "\n"


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        return 0 if PAGE.exists() and PAGE.read_text() == page() else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
