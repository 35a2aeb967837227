"""Paths and commands that the documents name exist."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
# It names the files of its time.
HISTORY: Final = ("CHANGELOG.md",)
# Made at run time.
WRITTEN: Final = (".run/",)
CODE: Final = re.compile(r"`([^`\n]+)`")
LINK: Final = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
FILE: Final = re.compile(r"(?<![\w./<>*-])(?:[\w.-]+/)+[\w.-]+\.(?:py|md|toml|json|ya?ml|sh|html|js|css|txt)(?![\w/*])")
TARGET: Final = re.compile(r"\bmake ([a-z][a-z-]*)")


def tracked() -> list[str]:
    """The files of the repository, those to be added included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(name for name in listed if (ROOT / name).exists())


FILES: Final = tracked()
# Every end of a path, so that a document may leave out the folders that its reader knows.
ENDS: Final = {"/".join(Path(name).parts[start:]) for name in FILES for start in range(name.count("/") + 1)}
DOCUMENTS: Final = [name for name in FILES if name.endswith(".md") and not name.startswith(HISTORY)]
TARGETS: Final = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def missing(document: str, text: str) -> list[str]:
    """Files, link targets and make targets that the text names and that do not exist."""
    code = "\n".join(CODE.findall(text))
    files = {name for name in FILE.findall(code) if name not in ENDS and not name.startswith(WRITTEN)}
    folder = (ROOT / document).parent
    links = {name for name in LINK.findall(text) if ":" not in name and not (folder / name).exists()}
    commands = set(TARGET.findall(f"{code}\n" + "\n".join(text.split("```")[1::2]))) - TARGETS
    return sorted(files | links) + sorted(f"make {name}" for name in commands)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_names_what_exists(document: str) -> None:
    assert missing(document, (ROOT / document).read_text()) == []


def test_what_does_not_exist_is_found() -> None:
    text = "`docs/gone.md` [here](gone.md#there) `make gone`, and `docs/glossary.md`, [it](glossary.md), `make docs`"
    assert missing("docs/a.md", text) == ["docs/gone.md", "gone.md", "make gone"]
