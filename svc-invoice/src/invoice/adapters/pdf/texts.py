"""Texts from outside, bounded so that laying them out takes a time in proportion to their length."""

import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from invoice.domain.content import DocumentParty

PARTY_CHARACTERS_MAX: Final = 500
"""Of one field of a name or address; the API accepts no more."""
DESCRIPTION_CHARACTERS_MAX: Final = 2_000
"""Of one line; the API accepts no more."""
_WORD_CHARACTERS_MAX: Final = 60
_BREAK: Final = "\u200b"
_JOINER: Final = "\u200d"


def shortened(text: str, limit: int) -> str:
    """The text, with an ellipsis in place of what lies beyond the limit."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def breakable(text: str) -> str:
    """The text with invisible places to break in words of more than 60 characters.

    The time to lay out one word grows with the square of its length.
    """
    if len(text) <= _WORD_CHARACTERS_MAX:
        return text
    return " ".join(_broken(word) for word in text.split(" "))


def _broken(word: str) -> str:
    if len(word) <= _WORD_CHARACTERS_MAX:
        return word
    parts, length = [], 0
    for before, character in zip(" " + word, word, strict=False):
        if length >= _WORD_CHARACTERS_MAX and not _belongs_to(before, character):
            parts.append(_BREAK)
            length = 0
        parts.append(character)
        length += 1
    return "".join(parts)


def _belongs_to(before: str, character: str) -> bool:
    """Whether a character is drawn as one with the character before."""
    return before == _JOINER or character == _JOINER or unicodedata.category(character) in {"Mn", "Mc", "Me", "Sk"}


Part = TypeVar("Part")


def printable(part: Part) -> Part:
    """The same content with every text ready to print; addresses of pages stay whole where they are ``link``."""
    return _printable(part, DESCRIPTION_CHARACTERS_MAX)  # type: ignore[no-any-return]


def _printable(part: Any, limit: int) -> Any:
    if isinstance(part, str):
        return breakable(shortened(part, limit))
    if isinstance(part, tuple):
        return tuple(_printable(one, limit) for one in part)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    within = PARTY_CHARACTERS_MAX if isinstance(part, DocumentParty) else limit
    return replace(
        part,
        **{field.name: _printable(getattr(part, field.name), within) for field in fields(part) if field.name != "link"},
    )
