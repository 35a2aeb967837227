"""Rules of texts, the same at every API that takes them and for every owner that keeps them."""

import re
from typing import Final

EMAIL_CHARACTERS_MAX: Final = 254
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
REPLACEMENT: Final = "\ufffd"


def text_problem(text: str) -> str | None:
    """Why a text cannot be kept or passed on, in words for its sender; None when it can.

    UTF-8 has no form for half of a surrogate pair, which JSON can write: neither the database nor the bus take it.
    Documents cannot hold control characters (XML has no NUL), and logs, mails and terminals act on them.
    """
    if text.isprintable() or not _NOT_TEXT.search(text):
        return None
    if _SURROGATE.search(text):
        return "must be text: it contains half of a character (an unpaired surrogate)"
    return "must not contain control characters"


def clean_text(text: str, characters_max: int) -> str:
    """A foreign text as it can be kept: U+FFFD in the place of what is no text, cut to a length."""
    cut = text[:characters_max]
    return cut if cut.isprintable() else _NOT_TEXT.sub(REPLACEMENT, cut)


def utf8_size(text: str) -> int:
    """Its bytes on the bus and in the database. Half of a surrogate pair counts as one replacement character."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def is_email_address(text: str) -> bool:
    """Whether mail could be sent there: something, an at sign, a domain with a dot; no spaces, not too long.

    More is not asked: who has an address knows it better than any pattern.
    """
    local, _, domain = text.rpartition("@")
    is_plain = text.isprintable() and not any(character.isspace() for character in text)
    return bool(local) and "." in domain.strip(".") and is_plain and len(text) <= EMAIL_CHARACTERS_MAX
