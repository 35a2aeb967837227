"""Documents, docstrings and comments cite documents and tests that are in the repository."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import words

ROOT = words.ROOT
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")
TEST_FILE = re.compile(r"`[\w./*-]*?(test_\w+\.py)")
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
