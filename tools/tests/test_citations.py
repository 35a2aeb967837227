"""Documents, docstrings and comments cite documents and tests that are in the repository."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import words

ROOT = words.ROOT
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")
TEST_FILE = re.compile(r"`[\w./*-]*?(test_\w+\.py)")
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|toml|json|ya?ml|sh|html|js|css|txt))`")
TARGET = re.compile(r"\bmake ([a-z][a-z-]*)\b")
# Made at run time.
WRITTEN = ".run/"
MARKDOWN_FILE = re.compile(r"\b([\w-]+\.md)\b")
# Files that tests write.
NOT_OURS = {"page.md", "text.md"}


def texts(ending: str) -> Iterator[tuple[str, str]]:
    """Files with that ending that git knows or would add."""
    for name in words.checked_files():
        if name.endswith(ending) and "/schemas/" not in name:
            yield name, (ROOT / name).read_text()


def anchors(path: Path) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for name, text in texts(".md"):
        for target, anchor in LINK.findall(text):
            path = (ROOT / name).parent / unquote(target) if target else ROOT / name
            if not path.exists():
                broken.append(f"{name}: {target}")
            elif anchor and path.suffix == ".md" and anchor not in anchors(path):
                broken.append(f"{name}: {target}#{anchor}")
    assert broken == [], broken


def test_documents_name_tests_that_exist() -> None:
    known = {Path(name).name for name, _ in texts(".py")}
    missing = [
        f"{name}: {test}" for name, text in texts(".md") for test in TEST_FILE.findall(text) if test not in known
    ]
    assert missing == [], missing


def test_code_cites_documents_that_exist() -> None:
    known = {Path(name).name for name, _ in texts(".md")} | NOT_OURS
    missing = [
        f"{name}: {document}"
        for name, text in texts(".py")
        if not name.startswith("tools/tests/")
        for document in MARKDOWN_FILE.findall(text)
        if document not in known
    ]
    assert missing == [], missing


def test_documents_name_paths_that_exist() -> None:
    """A document may leave out the folders that its reader knows. The changelog names the files of its time."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    parts = [Path(name).parts for name in listed.stdout.splitlines()]
    ends = {"/".join(part[start:]) for part in parts for start in range(len(part))}
    missing = [
        f"{name}: {path}"
        for name, text in texts(".md")
        if name != "CHANGELOG.md"
        for path in PATH.findall(text)
        if path not in ends and not path.startswith(WRITTEN)
    ]
    assert missing == [], missing


def test_documents_name_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    missing = []
    for name, text in texts(".md"):
        code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *text.split("```")[1::2]])
        missing += [f"{name}: make {target}" for target in TARGET.findall(code) if target not in targets]
    assert missing == [], missing
