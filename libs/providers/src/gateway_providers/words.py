"""Words of a provider that are kept only to be read: a status, a code, a message. What does not fit is cut off."""

from typing import Final

WORD_MAX: Final = 100
SENTENCE_MAX: Final = 500


def word(value: object, *, longest: int = WORD_MAX) -> str:
    """The text, at most that long, without what no database, log or terminal takes; empty for anything else."""
    if not isinstance(value, str):
        return ""
    text = value[:longest]
    return text if text.isprintable() else "".join(letter for letter in text if letter.isprintable())


def code(*values: object) -> str | None:
    """The first of these that is a word."""
    return next((found for found in map(word, values) if found), None)
