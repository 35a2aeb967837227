"""How documents write amounts, dates, rates and addresses."""

from datetime import UTC, datetime

import pytest

from gateway_contracts.events.transaction import Party
from invoice.adapters.pdf.labels import LANGUAGES
from invoice.adapters.pdf.view import _buyer_lines
from invoice.rpc.records import file_name


@pytest.mark.parametrize(
    ("language", "minor", "currency", "expected"),
    [
        ("en", 123456789, "EUR", "1,234,567.89"),
        ("de", 123456789, "EUR", "1.234.567,89"),
        ("en", 360800, "JPY", "360,800"),
        ("de", 360800, "JPY", "360.800"),
        ("en", 2501000, "KWD", "2,501.000"),
        ("de", 5, "KWD", "0,005"),
        ("en", -2500, "EUR", "\u221225.00"),
        ("en", 99_999_999_999_999, "EUR", "999,999,999,999.99"),
    ],
)
def test_amounts(language: str, minor: int, currency: str, expected: str) -> None:
    assert LANGUAGES[language].amount(minor, currency) == expected


def test_dates_and_rates() -> None:
    moment = datetime(2026, 3, 5, tzinfo=UTC)

    assert LANGUAGES["en"].day(moment) == "5 March 2026"
    assert LANGUAGES["de"].day(moment) == "5. März 2026"
    assert LANGUAGES["de"].rate("7.7") == "7,7\u202f%"


def test_languages_have_the_same_words() -> None:
    assert LANGUAGES["en"].words.keys() == LANGUAGES["de"].words.keys()


def test_buyer_is_written_like_an_envelope() -> None:
    buyer = Party(company="ACME", name="Ann", address1="Way 1", postcode="1010", city="Wien", country="AT")

    lines = _buyer_lines(buyer, LANGUAGES["de"])

    assert [line.text for line in lines] == ["ACME", "Ann", "Way 1", "1010 Wien", "Österreich"]
    assert [line.is_name for line in lines] == [True, False, False, False, False]


def test_a_line_of_an_address_has_an_end() -> None:
    buyer = Party(name="Ann", country="D" * 60_000, city="x" * 60_000)
    assert max(len(line.text) for line in _buyer_lines(buyer, LANGUAGES["de"])) <= 401


def test_email_stands_in_for_a_missing_address() -> None:
    assert [line.text for line in _buyer_lines(Party(email="a@example.org"), LANGUAGES["en"])] == ["a@example.org"]
    assert _buyer_lines(None, LANGUAGES["en"]) == []


def test_file_name_is_safe_in_headers_and_file_systems() -> None:
    assert file_name("INV/2026 #1") == "INV-2026--1.pdf"
