"""Writes ``docs/adr/README.md``: number, title, status, date and relations of every decision record.

``--check`` writes nothing and fails when a record lacks status or date, or when the index is not current.
"""

import argparse
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "adr"
INDEX = FOLDER / "README.md"
FILE = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
TITLE = re.compile(r"# (\d{4}) (.+)")
STATUS = re.compile(
    r"\*\*Status\.\*\* (Accepted|Proposed|Superseded|Rejected), (\d{4}-\d{2}-\d{2})\.((?: .*)?(?:\n\S.*)*)",
    re.MULTILINE,
)
REFERENCE = re.compile(r"\b\d{4}\b")

HEAD = """# Decisions

Made by `make adr-index`; a test keeps it current. A decision record is one page, written from
[the template](template.md). It is not changed after it was accepted, except for its status: a later record amends it.
Figures of a tuning belong into [performance.md](../performance.md).

| number | title | status | date | relation to earlier records | later records about it |
|---|---|---|---|---|---|
"""


class RecordInvalid(ValueError):
    """A record without title, status or date."""


@dataclass(frozen=True)
class Record:
    """The head of a decision record."""

    file: str
    number: str
    title: str
    status: str
    date: str
    relation: str


def read(file: str, text: str) -> Record:
    """The head of one record.

    Raises:
        RecordInvalid: naming the file and the missing part.
    """
    title, status = TITLE.match(text), STATUS.search(text)
    if title is None or title[1] != file[:4]:
        raise RecordInvalid(f"{file}: the first line must be '# {file[:4]} Title'")
    if status is None:
        raise RecordInvalid(f"{file}: needs a line '**Status.** Accepted, YYYY-MM-DD. Amends NNNN.' below its title")
    return Record(file, title[1], title[2], status[1], status[2], " ".join(status[3].split()))


def records() -> list[Record]:
    """All records, by number.

    Raises:
        RecordInvalid: a record lacks a part of its head, or two have one number.
    """
    found = [read(path.name, path.read_text()) for path in sorted(FOLDER.iterdir()) if FILE.fullmatch(path.name)]
    numbers = [record.number for record in found]
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise RecordInvalid(f"two records have the number {', '.join(twice)}")
    return found


def page(found: Iterable[Record]) -> str:
    """The index."""
    found = list(found)
    links = {record.number: f"[{record.number}]({record.file})" for record in found}
    rows = []
    for record in found:
        relation = REFERENCE.sub(lambda match: links.get(match[0], match[0]), record.relation)
        later = [links[other.number] for other in found if record.number in REFERENCE.findall(other.relation)]
        cells = (links[record.number], record.title, record.status, record.date, relation, ", ".join(later))
        rows.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    return HEAD + "\n".join(rows) + "\n"


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    try:
        text = page(records())
    except RecordInvalid as exc:
        print(exc)
        return 1
    if check:
        current = INDEX.exists() and INDEX.read_text() == text
        print("index of decisions is up to date" if current else "docs/adr/README.md: run `make adr-index`")
        return 0 if current else 1
    INDEX.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
