"""Texts of the console by language. English is in the code; the others are catalogues in ``texts/``."""

import gettext
import io
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_TEXTS: Final = Path(__file__).parent / "texts"
LANGUAGES: Final = {"en": "English", "de": "Deutsch"}


def N_(text: str) -> str:
    """Mark a text that is translated where it is shown."""
    return text


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language."""
    path = _TEXTS / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
