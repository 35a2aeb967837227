"""Documents name commands that exist, and the thresholds that are compared."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway_cli.main import gateway
from gateway_embedded.layout import REPOSITORY
from gateway_kit.health_report.thresholds import OF_PROCESSES, as_table

DOCUMENTS = [
    *REPOSITORY.glob("*.md"),
    *REPOSITORY.glob("docs/*.md"),
    *REPOSITORY.glob("docs/adr/0059-*.md"),
    *REPOSITORY.glob("*/README.md"),
    *REPOSITORY.glob("libs/*/README.md"),
    REPOSITORY / "tools/error_texts.toml",
    REPOSITORY / "infra/compose.yaml",
]
_IN_CODE = re.compile(r"`(?:\.venv/bin/)?gateway ([a-z][^`]*)`")
_IN_BLOCKS = re.compile(r"^ *(?:\.venv/bin/)?gateway ([a-z].*)$|run --rm gateway ([a-z].*?)(?:`|$)", re.MULTILINE)


def commands_in(text: str) -> Iterator[str]:
    """The words behind ``gateway``."""
    for pattern in (_IN_CODE, _IN_BLOCKS):
        for match in pattern.finditer(text):
            yield next(words for words in match.groups() if words)


def names_a_command(words: str) -> bool:
    """Whether the words lead to a command, or to a group as far as they go."""
    found: click.Command = gateway
    for word in words.split():
        if not isinstance(found, click.Group) or not re.fullmatch(r"[a-z-]+", word):
            break
        if word not in found.commands:
            return False
        found = found.commands[word]
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_documents_name_commands_that_exist(document: Path) -> None:
    assert [words for words in commands_in(document.read_text()) if not names_a_command(words)] == []


def test_the_operators_document_names_every_command() -> None:
    named = set(commands_in((REPOSITORY / "docs/operating.md").read_text()))
    for name, command in gateway.commands.items():
        inner = [f"{name} {each}" for each in command.commands] if isinstance(command, click.Group) else [name]
        assert set(inner) <= named, name


def test_the_operators_document_shows_the_thresholds() -> None:
    assert as_table() in (REPOSITORY / "docs/operating.md").read_text()


def test_the_metrics_of_the_thresholds_are_documented() -> None:
    text = (REPOSITORY / "docs/operating.md").read_text().partition("## What to watch")[2]
    assert [each.source for each in OF_PROCESSES if each.source not in text] == []


def test_no_document_names_a_tool_that_is_gone() -> None:
    gone = re.compile(r"python -m (?:gateway_kit\.|invoice verify|transaction verify|admin_api [a-z])")
    files = [file for file in DOCUMENTS if file.name != "CHANGELOG.md"]
    assert [str(file) for file in files if gone.search(file.read_text())] == []
