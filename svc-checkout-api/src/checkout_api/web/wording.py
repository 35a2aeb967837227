"""The language of a page: which one, its texts, its amounts and dates."""

import copy
import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.numbers import NumberPattern

from gateway_contracts.money import EXPONENTS

LANGUAGES = ("en", "de")
_CODE_BEFORE_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")
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
        """The amount with the currency's own decimals and the locale's separators: ``49,00 €``, ``¥1,200``."""
        exponent = EXPONENTS.get(currency, 2)
        pattern: NumberPattern = copy.copy(self.locale.currency_formats["standard"])
        # CLDR and ISO 4217 disagree on some currencies' decimals; money here always means ISO.
        pattern.frac_prec = (exponent, exponent)
        value = Decimal(minor).scaleb(-exponent)
        text = str(pattern.apply(value, self.locale, currency=currency, currency_digits=False))
        # CLDR puts a space between a code in letters and the number; Babel leaves it out.
        return _CODE_BEFORE_DIGIT.sub("\xa0", text)

    def moment(self, at: datetime) -> str:
        """Date and time in UTC; the page's script turns it into the customer's own time."""
        return format_datetime(at, "medium", locale=self.locale) + " UTC"


def choose(session_locale: str | None, accept_language: str | None) -> Wording:
    """The checkout's own locale, else the browser's preference, else English."""
    preferences = [session_locale or "", *_preferences(accept_language or "")]
    for preference in preferences:
        locale = _parse(preference)
        if locale is not None and locale.language in LANGUAGES:
            return Wording(locale.language, locale, texts_of(locale.language))
    return Wording("en", Locale("en"), texts_of("en"))


def _preferences(accept_language: str) -> list[str]:
    """The languages of the header, best first."""
    weighed: list[tuple[float, int, str]] = []
    for position, part in enumerate(accept_language[:500].split(",")):
        tag, _, parameters = part.strip().partition(";")
        try:
            quality = float(parameters.strip().removeprefix("q=") or "1")
        except ValueError:
            quality = 0.0
        if quality > 0:
            weighed.append((-quality, position, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]


def _parse(tag: str) -> Locale | None:
    text = tag.replace("_", "-")
    if not text or len(text) > 35:
        return None
    for candidate in (text, text.split("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return None


@cache
def texts_of(language: str) -> dict[str, str]:
    """All texts of a language."""
    loaded: dict[str, str] = json.loads((_TEXTS / f"{language}.json").read_text(encoding="utf-8"))
    return loaded
