"""The language of a page: which one, its texts, its amounts and dates."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from babel import Locale

from gateway_kit.pages.locales import accepted_languages, amount_text, choose_locale, moment_text

LANGUAGES = ("en", "de")
_TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Wording:
    """One language with the regional habits of one locale."""

    language: str
    locale: Locale
    texts: dict[str, str]

    @property
    def tag(self) -> str:
        """For the ``lang`` attribute."""
        return str(self.locale).replace("_", "-")

    def amount(self, minor: int, currency: str) -> str:
        """See `amount_text`."""
        return amount_text(minor, currency, self.locale)

    def moment(self, at: datetime) -> str:
        """See `moment_text`."""
        return moment_text(at, self.locale)


def choose(session_locale: str | None, accept_language: str | None) -> Wording:
    """The checkout's own locale, else the browser's preference, else English."""
    locale = choose_locale([session_locale or "", *accepted_languages(accept_language)], LANGUAGES)
    return Wording(locale.language, locale, texts_of(locale.language))


@cache
def texts_of(language: str) -> dict[str, str]:
    """All texts of a language."""
    loaded: dict[str, str] = json.loads((_TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return loaded
