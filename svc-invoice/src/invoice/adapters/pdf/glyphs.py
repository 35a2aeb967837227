"""Characters that no shipped font can draw: a document shows them by their number instead of an empty box."""

import contextlib
import logging
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final

_COVERAGE: Final = "coverage.txt"
# Drawn as nothing by design: joiners, direction marks, variation selectors.
_INVISIBLE: Final = frozenset({"Cf"})
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0), range(0x180B, 0x1810))


@cache
def covered() -> frozenset[str]:
    """All characters with a glyph; the list is made together with the fonts (``tools/build_fonts.py``)."""
    text = resources.files("invoice.adapters.pdf").joinpath("fonts", _COVERAGE).read_text("ascii")
    found: set[str] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(found)


def drawable(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with what fonts can draw, and the characters that had to be replaced, each once.

    A character without a glyph becomes its plain form where Unicode names one (a bold mathematical letter
    is that letter), else its number (``[U+1F381]``). What is invisible by design is left out where it has no glyph.
    """
    composed = unicodedata.normalize("NFC", text)
    odd = {character for character in set(composed) - covered() if character not in "\n\r\t"}
    if not odd:
        return composed, ()
    written = {character: _written(character) for character in odd}
    replaced = sorted(character for character, shown in written.items() if shown.startswith("["))
    return composed.translate({ord(character): shown for character, shown in written.items()}), tuple(replaced)


def _written(character: str) -> str:
    code = ord(character)
    if unicodedata.category(character) in _INVISIBLE or any(code in selectors for selectors in _SELECTORS):
        return ""
    plain = unicodedata.normalize("NFKC", character)
    # The character itself is no markup; its plain form could be (U+FE64 is a small ``<``).
    if plain != character and set(plain) <= covered() and not set(plain) & set("<>&\"'"):
        return plain
    return f"[U+{code:04X}]"


@contextlib.contextmanager
def undrawn() -> Iterator[set[str]]:
    """Collects the characters that the renderer reports to have drawn as a box, while the block runs."""
    missed: set[str] = set()
    handler = _Boxes(missed)
    logger = logging.getLogger("weasyprint")
    logger.addHandler(handler)
    try:
        yield missed
    finally:
        logger.removeHandler(handler)


class _Boxes(logging.Handler):
    def __init__(self, missed: set[str]) -> None:
        super().__init__(logging.WARNING)
        self._missed = missed

    def emit(self, record: logging.LogRecord) -> None:
        """The message's first argument is the character."""
        if str(record.msg).startswith(".notdef") and isinstance(record.args, tuple) and record.args:
            self._missed.add(str(record.args[0]))
