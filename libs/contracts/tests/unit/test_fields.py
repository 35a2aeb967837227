"""Countries and addresses are the same at both APIs."""

from importlib.resources import files

import pytest
from pydantic import BaseModel, ValidationError

from gateway_contracts.countries import COUNTRIES
from gateway_contracts.fields import Country, Email, Line, Short
from gateway_contracts.limits import LINE_CHARACTERS_MAX, SHORT_CHARACTERS_MAX


class Address(BaseModel):
    country: Country | None = None
    email: Email | None = None
    line: Line | None = None
    short: Short | None = None


@pytest.mark.parametrize("text", ["DE", "de", " at ", "XK"])
def test_countries(text: str) -> None:
    assert Address(country=text).country == text.strip().upper()


@pytest.mark.parametrize("text", ["ZZ", "D", "DEU", "Germany", "", "D" * 60_000, "\u0131n", "XX", "EU", "UK"])
def test_what_is_no_country(text: str) -> None:
    with pytest.raises(ValidationError, match="must be a country of two letters"):
        Address(country=text)


def test_the_list_is_that_of_the_standard() -> None:
    assert len(COUNTRIES - {"XK"}) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in COUNTRIES)


def test_the_list_is_that_of_the_maintained_library() -> None:
    """Fails with a newer release of the time zone database that knows another country."""
    rows = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8").splitlines()
    assert {row.split("\t")[0] for row in rows if not row.startswith("#")} == COUNTRIES - {"XK"}


def test_lengths() -> None:
    assert Address(line="x" * LINE_CHARACTERS_MAX, short="y" * SHORT_CHARACTERS_MAX)
    for long in ({"line": "x" * (LINE_CHARACTERS_MAX + 1)}, {"short": "y" * (SHORT_CHARACTERS_MAX + 1)}):
        with pytest.raises(ValidationError):
            Address(**long)
