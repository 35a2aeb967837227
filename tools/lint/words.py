"""Word list of the house: plain technical English in code, texts and documents.

Counts the words of ``RULES`` per file. ``words_allowed.json`` holds the counts of files that still have such words; a
count may only shrink. ``python tools/lint/words.py`` prints file, line, word and replacement of every file above its
count and exits with 1. ``--list PATH…`` prints all findings of files or folders. ``--update`` writes smaller counts,
and follows moved files as long as the sum does not grow.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = Path(__file__).with_name("words_allowed.json")
CHECKED = ("*.py", "*.md", "*.js", "*.html", "*.sh", "*.yaml", "*.yml", "Makefile")
# The word list itself, and its tests.
EXEMPT = {"tools/lint/words.py", "tools/tests/test_words.py"}


@dataclass(frozen=True)
class Rule:
    """A word or turn of phrase, and its replacement.

    Attributes:
        letters: in lower case; a text without them is not searched. Empty: every text is.
    """

    pattern: re.Pattern[str]
    instead: str
    letters: str = ""


@dataclass(frozen=True)
class Finding:
    """One use of a listed word."""

    file: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.word!r}: write {self.instead}"


def _word(letters: str, instead: str) -> Rule:
    """A rule for a word, also as a part of snake_case and CamelCase names."""
    lower, title = f"{letters}(?![a-z])", f"{letters.capitalize()}(?![a-z])"
    return Rule(re.compile(rf"(?<![A-Za-z]){lower}|(?<![A-Z]){title}"), instead, letters)


def _phrase(letters: str, instead: str) -> Rule:
    """A rule for words in a row."""
    return Rule(re.compile(rf"\b{letters}\b", re.IGNORECASE), instead, letters)


_SENTENCE_START = r"(?:^|(?<=[.:;|] )|(?<=\"\"\")|(?<=- ))"
RULES = (
    _word("told", "'reported', 'notified', 'sent' or 'said'"),
    _word("wish", "'request', 'command' or 'option'"),
    _word("wishes", "'requests', 'commands' or 'options'"),
    _word("wished", "'requested'"),
    _word("somebody", "the actor: 'a user', 'another caller', 'an operator'"),
    _word("nobody", "the actor: 'no caller', 'no user', 'no one'"),
    _word("anybody", "the actor: 'any caller', 'anyone'"),
    _word("whoever", "the actor: 'the caller that', 'anyone who'"),
    _phrase("for ever", "'permanently' or 'without end'"),
    _phrase("a mistake of ours", "'internal error'"),
    _phrase("one of ours", "'valid', 'known' or the name of the owner"),
    _phrase("became of", "'result of'"),
    Rule(
        re.compile(_SENTENCE_START + r"(?:Told|Shown|Kept|Asked|Counted|Read|Sent|Written) (?:is|are)\b"),
        "subject first",
    ),
)
DOCSTRING_START = Rule(
    re.compile(r"(?:What|Who|Whom|Whoever|Whose) "), "a noun phrase or an imperative at the start of a docstring"
)


def findings(name: str, text: str) -> Iterator[Finding]:
    """All uses of listed words in one file."""
    lower = text.lower()
    rules = [rule for rule in RULES if rule.letters in lower]
    for number, line in enumerate(text.splitlines(), start=1):
        for rule in rules:
            for match in rule.pattern.finditer(line):
                yield Finding(name, number, match.group().strip(), rule.instead)
    if name.endswith(".py"):
        yield from _docstrings(name, ast.parse(text))


def _docstrings(name: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[0] if node.body else None
            text = ast.get_docstring(node) or ""
            if body is not None and DOCSTRING_START.pattern.match(text):
                words = " ".join(text.split()[:2])
                yield Finding(name, body.lineno, f"{words} …", DOCSTRING_START.instead)


def checked_files() -> list[str]:
    """Names of the checked files that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *CHECKED]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return sorted(name for name in set(listed) - EXEMPT if (ROOT / name).exists())


def all_findings() -> dict[str, list[Finding]]:
    """Findings of every checked file that has any."""
    found = {name: list(findings(name, (ROOT / name).read_text())) for name in checked_files()}
    return {name: hits for name, hits in found.items() if hits}


def problems(found: dict[str, list[Finding]], allowed: dict[str, int]) -> list[str]:
    """Findings of files above their count, and counts that are larger than needed."""
    lines = []
    for name, hits in found.items():
        if len(hits) > allowed.get(name, 0):
            lines += [*map(str, hits), f"{name}: {len(hits)} words of the list, at most {allowed.get(name, 0)}"]
    loose = [name for name, count in allowed.items() if len(found.get(name, ())) < count]
    if loose:
        lines.append(f"fewer words than allowed, run `make words`: {', '.join(sorted(loose))}")
    return lines


def updated(found: dict[str, list[Finding]], allowed: dict[str, int]) -> dict[str, int] | None:
    """The new counts; None when their sum would grow."""
    counts = {name: len(hits) for name, hits in sorted(found.items())}
    return None if allowed and sum(counts.values()) > sum(allowed.values()) else counts


def _update(found: dict[str, list[Finding]], allowed: dict[str, int]) -> int:
    counts = updated(found, allowed)
    if counts is None:
        total = sum(map(len, found.values()))
        print("\n".join(problems(found, allowed)))
        print(f"{total} words of the list, at most {sum(allowed.values())}: the sum may only shrink")
        return 1
    ALLOWED.write_text(json.dumps(counts, indent=0) + "\n")
    print(f"{sum(counts.values())} words of the list in {len(counts)} files")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="write smaller counts")
    parser.add_argument("--list", nargs="+", metavar="PATH", help="print all findings of files or folders")
    options = parser.parse_args(arguments)
    found, allowed = all_findings(), json.loads(ALLOWED.read_text()) if ALLOWED.exists() else {}
    if options.list:
        prefixes = tuple(path.rstrip("/") for path in options.list)
        wanted = [name for name in found if any(name == p or name.startswith(f"{p}/") for p in prefixes)]
        print("\n".join(str(hit) for name in wanted for hit in found[name]))
        return 0
    if options.update:
        return _update(found, allowed)
    lines = problems(found, allowed)
    print("\n".join(lines) or "words are within the list of exceptions")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
