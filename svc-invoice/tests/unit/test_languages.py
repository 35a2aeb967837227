"""Languages of documents: complete catalogues, and formats of their locales."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import invoice
from gateway_contracts.languages import LANGUAGES
from invoice.languages import language_of

SOURCE = Path(invoice.__file__).parent
METHODS = [("**/adapters/pdf/*.html", "jinja2"), ("**.py", "python")]
KEYWORDS = {"_": None, "N_": None}


def said() -> set[str]:
    """Every text that documents say, as the code has it."""
    found = extract_from_dir(SOURCE, METHODS, keywords=KEYWORDS)
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


def test_there_are_nine() -> None:
    assert len(LANGUAGES) == 9
    assert len(said()) > 80


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_every_text_is_in_every_language_once(code: str) -> None:
    text = (SOURCE / "languages" / f"{code}.po").read_text("utf-8")
    with (SOURCE / "languages" / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code, abort_invalid=True)

    messages = [message for message in catalogue if message.id]
    assert {message.id for message in messages} == said()
    assert text.count("\nmsgid ") == len(messages), "a text stands in the catalogue twice"
    assert [message.id for message in messages if not message.string or message.fuzzy] == []
    assert [(message.id, error) for message in messages for error in message.check(catalogue)] == []


@pytest.mark.parametrize(
    ("code", "minor", "currency", "expected"),
    [
        ("en", 123456789, "EUR", "1,234,567.89"),
        ("de", 123456789, "EUR", "1.234.567,89"),
        ("fr", 123456789, "EUR", "1\u202f234\u202f567,89"),
        ("pl", 123456789, "EUR", "1\u00a0234\u00a0567,89"),
        ("ar", 123456789, "EUR", "1,234,567.89"),
        ("en", 360800, "JPY", "360,800"),
        ("de", 360800, "JPY", "360.800"),
        ("en", 2501000, "KWD", "2,501.000"),
        ("de", 5, "KWD", "0,005"),
        ("en", -2500, "EUR", "\u221225.00"),
        ("en", 99_999_999_999_999, "EUR", "999,999,999,999.99"),
    ],
)
def test_amounts(code: str, minor: int, currency: str, expected: str) -> None:
    assert language_of(code).amount(minor, currency) == expected


def test_the_currency_stands_where_the_locale_puts_its_sign() -> None:
    written = {code: language_of(code).money(100, "EUR") for code in LANGUAGES}

    assert written["en"] == "EUR\u00a01.00"
    assert written["de"] == "1,00\u00a0EUR"
    assert written["nl"] == "EUR\u00a01,00"
    # Drawn from left to right, so that Arabic reads the amount first.
    assert written["ar"] == "EUR\u00a01.00"


def test_dates_rates_and_quantities() -> None:
    assert language_of("en").day(date(2026, 3, 5)) == "5 March 2026"
    assert language_of("de").day(date(2026, 3, 5)) == "5. März 2026"
    assert language_of("de").rate("7.7") == "7,7\u00a0%"
    assert language_of("en").rate("19") == "19%"
    assert language_of("fr").number(Decimal("1234.5")) == "1\u202f234,5"
    assert language_of("en").number(Decimal("2.00")) == "2"


def test_sellers_write_as_their_country_does() -> None:
    assert language_of("en", "US").day(date(2026, 3, 5)) == "March 5, 2026"
    assert language_of("de", "CH").amount(123456, "CHF") == "1\u2019234.56"
    assert language_of("xx", "DE").code == "en"


def test_values_keep_their_own_order_among_words_from_right_to_left() -> None:
    assert language_of("ar").is_right_to_left
    assert language_of("ar").say("VAT %(rate)s", rate="19%").endswith("\u200e19%\u200e\u200f")
    assert language_of("de").say("VAT %(rate)s", rate="19 %") == "USt. 19 %"
    assert language_of("ar").apart("1 EUR") == "\u200e1 EUR\u200e\u200f"
    assert language_of("de").apart("1 EUR") == "1 EUR"
