"""Languages of documents: their words (catalogues beside this module, English in the code) and their formats."""

import datetime
import gettext
import io
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Final

from gateway_contracts.languages import LANGUAGES
from gateway_contracts.money import Money

_LOCALES: Final = {"en": "en_GB", "pt": "pt_PT"}
# Where sellers of a language write amounts or dates differently from the others.
_OF_SELLERS: Final = {
    ("de", "AT"): "de_AT",
    ("de", "CH"): "de_CH",
    ("en", "CA"): "en_CA",
    ("en", "US"): "en_US",
    ("es", "MX"): "es_MX",
    ("fr", "CA"): "fr_CA",
    ("fr", "CH"): "fr_CH",
    ("it", "CH"): "it_CH",
    ("pt", "BR"): "pt_BR",
}
_LEFT_TO_RIGHT: Final = "\u200e"
_RIGHT_TO_LEFT: Final = "\u200f"
_MINUS: Final = "\u2212"
_PLACES_MAX: Final = 8


def N_(text: str) -> str:
    """Mark a text that is translated where it is shown."""
    return text


@dataclass(frozen=True)
class Language:
    """Words of one language, formats of one locale. Digits are European in all of them."""

    code: str
    locale: Any
    translations: gettext.NullTranslations

    @property
    def is_right_to_left(self) -> bool:
        """Whether lines run from right to left."""
        return str(self.locale.text_direction) == "rtl"

    def say(self, text: str, **values: str) -> str:
        """The text in this language, with its ``%(name)s`` filled in."""
        said = self.translations.gettext(text)
        if not values:
            return said
        return said % {name: self.apart(value) for name, value in values.items()}

    def apart(self, value: str) -> str:
        """The value, kept in its own order among words that run from right to left."""
        return f"{_LEFT_TO_RIGHT}{value}{_LEFT_TO_RIGHT}{_RIGHT_TO_LEFT}" if self.is_right_to_left else value

    def amount(self, minor: int, currency: str) -> str:
        """The amount with the currency's own number of decimals, grouped by thousands."""
        return self._decimal(_decimal_of(minor, currency), _pattern_of(currency))

    def money(self, minor: int, currency: str) -> str:
        """The amount with the currency's code where the locale puts its sign."""
        before = self.locale.currency_formats["standard"].pattern.lstrip("\u200e\u200f").startswith("¤")
        amount = self.amount(minor, currency)
        # It is drawn as one run from left to right: what is read first there stands at its right end.
        return f"{currency}\u00a0{amount}" if before != self.is_right_to_left else f"{amount}\u00a0{currency}"

    def number(self, value: Decimal) -> str:
        """A number with the decimals that it has."""
        return self._decimal(value, "#,##0." + "#" * _PLACES_MAX)

    def rate(self, text: str) -> str:
        """A VAT rate with its sign."""
        from babel.numbers import format_percent  # only documents need it

        pattern = self.locale.percent_formats[None].pattern.replace("#,##0", "#,##0.####")
        return format_percent(Decimal(text) / 100, pattern, locale=self.locale)

    def day(self, moment: datetime.date) -> str:
        """The date, written out."""
        from babel.dates import format_date

        return format_date(moment, "long", locale=self.locale)

    def _decimal(self, value: Decimal, pattern: str) -> str:
        from babel.numbers import format_decimal

        written = format_decimal(abs(value), pattern, locale=self.locale)
        return f"{_MINUS if value < 0 else ''}{written}"


def _decimal_of(minor: int, currency: str) -> Decimal:
    text = Money(abs(minor), currency).decimal_text()
    return Decimal(text) * (-1 if minor < 0 else 1)


@cache
def _pattern_of(currency: str) -> str:
    places = len(Money(1, currency).decimal_text().partition(".")[2])
    return "#,##0." + "0" * places if places else "#,##0"


@cache
def language_of(code: str, country: str | None = None) -> Language:
    """The language as sellers of that country write it; English for a code without documents."""
    from babel import Locale

    known = code if code in LANGUAGES else LANGUAGES[0]
    name = _OF_SELLERS.get((known, (country or "").upper())) or _LOCALES.get(known, known)
    return Language(known, Locale.parse(name), _translations(known))


@cache
def _translations(code: str) -> gettext.NullTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    if code == LANGUAGES[0]:
        return gettext.NullTranslations()
    with resources.files(__name__).joinpath(f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
