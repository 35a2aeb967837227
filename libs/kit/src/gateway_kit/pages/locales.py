"""The locale of a page, and amounts and moments as it writes them."""

import copy
import re
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.numbers import NumberPattern, format_decimal

from gateway_contracts.money import EXPONENTS

_CODE_BEFORE_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")
_NUMBER: Final = re.compile(r"([0-9][0-9,]*)(?:\.([0-9]+))?(?= |$)")
_HEADER_CHARS: Final = 500
_TAG_CHARS: Final = 35


def choose_locale(preferences: Iterable[str], languages: Collection[str]) -> Locale:
    """The first preferred locale whose language is available, else English."""
    for preference in preferences:
        locale = _parse(preference)
        if locale is not None and locale.language in languages:
            return locale
    return Locale("en")


def accepted_languages(header: str | None) -> list[str]:
    """The languages of an ``Accept-Language`` header, best first."""
    weighed: list[tuple[float, int, str]] = []
    for position, part in enumerate((header or "")[:_HEADER_CHARS].split(",")):
        tag, _, parameters = part.strip().partition(";")
        try:
            quality = float(parameters.strip().removeprefix("q=") or "1")
        except ValueError:
            quality = 0.0
        if quality > 0:
            weighed.append((-quality, position, tag.strip()))
    return [tag for _, _, tag in sorted(weighed)]


def amount_text(minor: int, currency: str, locale: Locale) -> str:
    """The amount with the currency's own decimals and the locale's separators: ``49,00 €``, ``¥1,200``."""
    exponent = EXPONENTS.get(currency, 2)
    pattern: NumberPattern = copy.copy(locale.currency_formats["standard"])
    # CLDR and ISO 4217 disagree on some currencies' decimals; money here always means ISO.
    pattern.frac_prec = (exponent, exponent)
    value = Decimal(minor).scaleb(-exponent)
    text = str(pattern.apply(value, locale, currency=currency, currency_digits=False))
    # CLDR puts a space between a code in letters and the number; Babel leaves it out.
    return _CODE_BEFORE_DIGIT.sub("\xa0", text)


def moment_text(at: datetime, locale: Locale) -> str:
    """Date and time in UTC; a script of the page turns it into the reader's own time."""
    return format_datetime(at, "medium", locale=locale) + " UTC"


def number_text(text: str, locale: Locale) -> str:
    """A number as English writes it, with its unit (``1,200``, ``0.25 s``, ``85 %``), in the locale's digits."""
    found = _NUMBER.match(text)
    if found is None:
        return text
    decimals = "." + "0" * len(found[2]) if found[2] else ""
    value = Decimal(found[0].replace(",", ""))
    return str(format_decimal(value, format=f"#,##0{decimals}", locale=locale)) + text[found.end() :]


def _parse(tag: str) -> Locale | None:
    text = tag.replace("_", "-")
    if not text or len(text) > _TAG_CHARS:
        return None
    for candidate in (text, text.split("-")[0]):
        try:
            return Locale.parse(candidate, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return None
