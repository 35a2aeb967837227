"""A page of the documentation as tests read it: its programs, commands, answers, tables and sentences.

In the answers that a page shows, ``"$NAME"`` stands for an id (the same name for the same id), ``…`` inside a text for
any text, ``…`` at the end of an object or list for further members, and a moment for any moment.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

_FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OPERATION: Final = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^\s`?]+)[^`]*`")
_CURL_URL: Final = re.compile(r'"\$API/api/v1(/[^"?]*)')
_CURL_METHOD: Final = re.compile(r"-X (\w+)")
_PLACEHOLDER: Final = re.compile(r"\{\w+\}|\$\w+")
_NAME: Final = re.compile(r"\$([A-Z_]+)")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_ID: Final = re.compile(r"[0-9a-f]{24}")
_MORE: Final = "…"
_OPEN_END: Final = re.compile(r",\s*…\s*([}\]])")
_COUNTERS: Final = frozenset({"eventVersion"})
"""Fields whose number depends on what else happened; any number above zero will do."""


@dataclass(frozen=True)
class Operation:
    """A method and a path below ``/api/v1`` with ``{}`` for its parameters."""

    method: str
    path: str

    @classmethod
    def of(cls, method: str, path: str) -> "Operation":
        """From a path with parameters as ``{name}`` or ``$NAME``."""
        return cls(method, _PLACEHOLDER.sub("{}", path.removeprefix("/api/v1")))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Block:
    """A fenced block. ``answer`` is the JSON that a command's block is followed by at once."""

    language: str
    text: str
    answer: "Block | None" = None

    @property
    def operation(self) -> Operation:
        """Request that a ``curl`` command sends."""
        url = _CURL_URL.search(self.text)
        assert url is not None, self.text
        named = _CURL_METHOD.search(self.text)
        method = named[1] if named else "POST" if " -d " in self.text else "GET"
        return Operation.of(method, url[1])

    @property
    def json(self) -> Any:
        """The shown answer; open ends become the member ``…``."""
        return json.loads(
            _OPEN_END.sub(lambda end: f', "…": "…"{end[1]}' if end[1] == "}" else f', "…"{end[1]}', self.text)
        )


class Guide:
    """One page."""

    def __init__(self, page: Path) -> None:
        self.text = page.read_text()

    @cached_property
    def blocks(self) -> Sequence[Block]:
        """All fenced blocks in order, a command's answer with its command and not by itself."""
        found = list(_FENCE.finditer(self.text))
        blocks: list[Block] = []
        skipped = False
        for index, match in enumerate(found):
            if skipped:
                skipped = False
                continue
            following = found[index + 1] if index + 1 < len(found) else None
            answer = None
            if match[1] == "sh" and following is not None and following[1] == "json":
                between = self.text[match.end() : following.start()]
                skipped = not between.strip()
                answer = Block("json", following[2]) if skipped else None
            blocks.append(Block(match[1], match[2], answer))
        return blocks

    def programs(self, language: str) -> list[str]:
        """The blocks in that language."""
        return [block.text for block in self.blocks if block.language == language]

    @property
    def commands(self) -> list[Block]:
        """The blocks that call the API."""
        return [block for block in self.blocks if block.language == "sh" and "curl" in block.text]

    @property
    def prose(self) -> str:
        """Everything but the fenced blocks."""
        return _FENCE.sub("", self.text)

    def table(self, *columns: str) -> list[list[str]]:
        """The rows of the table whose head begins with these columns."""
        head = "| " + " | ".join(columns) + " |"
        _, found, rest = self.prose.partition(head)
        assert found, f"there is no table {head}"
        lines = rest.splitlines()[2:]
        end = next((index for index, line in enumerate(lines) if not line.startswith("|")), len(lines))
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]

    def operations(self, text: str | None = None) -> list[Operation]:
        """The operations that are named in the text (the page's own unless given), in order."""
        return [Operation.of(match[1], match[2]) for match in _OPERATION.finditer(text or self.prose)]

    def says(self, *sentences: str) -> None:
        """Check that the page has these sentences; line breaks and emphasis do not count.

        Raises:
            AssertionError: it does not, or not any more: the test that quotes it has to follow.
        """
        page = _flat(self.text)
        for sentence in sentences:
            assert _flat(sentence) in page, f"the page does not say: {sentence}"


def agree(stated: Any, real: Any, names: dict[str, str], at: str = "") -> None:
    """Check that a real answer is what the page shows. Names that are not known yet are learned.

    Raises:
        AssertionError: names the member that differs.
    """
    match stated:
        case dict():
            _agree_objects(stated, real, names, at)
        case list():
            assert isinstance(real, list), f"{at}: {real!r} is no list"
            members = [member for member in stated if member != _MORE]
            assert len(real) == len(members) or (_MORE in stated and len(real) > len(members)), f"{at}: {real!r}"
            for index, member in enumerate(members):
                agree(member, real[index], names, f"{at}[{index}]")
        case str():
            assert isinstance(real, str), f"{at}: {real!r} is no text"
            _agree_texts(stated, real, names, at)
        case _:
            assert type(real) is type(stated), f"{at}: {real!r} is not of the type of {stated!r}"
            is_counter = at.rpartition(".")[2] in _COUNTERS
            assert real > 0 if is_counter else real == stated, f"{at}: {real!r}, the page says {stated!r}"


def _agree_objects(stated: dict[str, Any], real: Any, names: dict[str, str], at: str) -> None:
    assert isinstance(real, dict), f"{at}: {real!r} is no object"
    members = {name: value for name, value in stated.items() if name != _MORE}
    missing, further = members.keys() - real.keys(), real.keys() - members.keys()
    assert not missing, f"{at}: the page shows {sorted(missing)}, the answer has {sorted(real)}"
    assert _MORE in stated or not further, f"{at}: the page does not show {sorted(further)}"
    for name, value in members.items():
        agree(value, real[name], names, f"{at}.{name}")


def _agree_texts(stated: str, real: str, names: dict[str, str], at: str) -> None:
    if name := _NAME.fullmatch(stated):
        if name[1] not in names:
            assert _ID.fullmatch(real), f"{at}: {real!r} is no id"
            assert real not in names.values(), f"{at}: {stated} is another id that the page names differently"
            names[name[1]] = real
        assert real == names[name[1]], f"{at}: {real!r} is not {stated}"
    elif _MOMENT.fullmatch(stated):
        assert _MOMENT.fullmatch(real), f"{at}: {real!r} is no moment"
    else:
        pattern = ".+".join(re.escape(part) for part in stated.split(_MORE))
        assert re.fullmatch(pattern, real), f"{at}: {real!r}, the page says {stated!r}"


def _flat(text: str) -> str:
    return " ".join(text.replace("**", "").split())
