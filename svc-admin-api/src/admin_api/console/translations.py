"""Texts of the console by language. English is in the code; the others are catalogues in ``texts/``."""

import gettext
from pathlib import Path
from typing import Final

from gateway_kit.pages.catalogues import catalogue

_TEXTS: Final = Path(__file__).parent / "texts"
LANGUAGES: Final = {"en": "English", "de": "Deutsch"}


def N_(text: str) -> str:
    """Mark a text that is translated where it is shown."""
    return text


def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language."""
    return catalogue(_TEXTS, language)
