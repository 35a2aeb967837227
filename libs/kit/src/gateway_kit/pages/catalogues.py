"""Texts by language. English is in the code; the others are catalogues of gettext in a folder, one file each."""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


@cache
def catalogue(folder: Path, language: str) -> gettext.NullTranslations:
    """The catalogue ``<language>.po``; without one the texts stay as they are."""
    path = folder / f"{language}.po"
    if not path.exists():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        texts = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
