"""Texts from outside, bounded so that laying them out takes a time in proportion to their length."""

import unicodedata
from dataclasses import asdict
from typing import Final

from gateway_contracts.events.transaction import Party
from invoice.domain.seller import Seller

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


def party_text(text: str | None) -> str | None:
    """One field of a name or address, ready to print."""
    return breakable(shortened(text, PARTY_CHARACTERS_MAX)) if text else None


def description(text: str) -> str:
    """Description of a line, ready to print."""
    return breakable(shortened(text, DESCRIPTION_CHARACTERS_MAX))


def printed_seller(seller: Seller) -> Seller:
    """The seller with every field ready to print."""
    return Seller(**{name: party_text(text) or "" for name, text in asdict(seller).items() if text or name == "name"})


def printed_buyer(buyer: Party | None) -> Party | None:
    """The buyer with every field ready to print."""
    if buyer is None:
        return None
    return Party(**{name: party_text(text) for name, text in buyer.model_dump().items()})
