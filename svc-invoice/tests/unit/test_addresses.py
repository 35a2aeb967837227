"""Addresses as each country writes them; country names for all countries."""

import pytest

from gateway_contracts.countries import COUNTRIES
from invoice.adapters.pdf.addresses import Address, address_lines
from invoice.adapters.pdf.countries import country_name


def written(country: str, **values: str) -> str:
    fields = {"postal_code": "Z1", "city": "City", "state": "ST"} | values
    lines = address_lines(Address(people=("Co", "Ann"), street=("Way 1",), country=country, **fields), "en")
    return " / ".join(line.text for line in lines[:-1])


@pytest.mark.parametrize(
    ("country", "values", "expected"),
    [
        ("US", {}, "Co / Ann / Way 1 / City, ST Z1"),
        ("CA", {}, "Co / Ann / Way 1 / City ST Z1"),
        ("AU", {}, "Co / Ann / Way 1 / City ST Z1"),
        ("GB", {"state": ""}, "Co / Ann / Way 1 / City / Z1"),
        ("IE", {}, "Co / Ann / Way 1 / City / ST / Z1"),
        ("DE", {"state": ""}, "Co / Ann / Way 1 / Z1 City"),
        ("DE", {}, "Co / Ann / Way 1 / Z1 City / ST"),
        ("FR", {"state": ""}, "Co / Ann / Way 1 / Z1 City"),
        ("IT", {}, "Co / Ann / Way 1 / Z1 City ST"),
        ("HU", {"state": ""}, "Co / Ann / City / Way 1 / Z1"),
        ("BR", {}, "Co / Ann / Way 1 / City - ST / Z1"),
        ("IN", {}, "Co / Ann / Way 1 / City Z1 / ST"),
        ("SG", {"state": ""}, "Co / Ann / Way 1 / City Z1"),
        ("HK", {"postal_code": ""}, "Co / Ann / Way 1 / City / ST"),
        ("AE", {"postal_code": ""}, "Co / Ann / Way 1 / City / ST"),
        ("JP", {}, "Co / Ann / Way 1 / City, ST Z1"),
        ("JP", {"state": "東京都", "city": "渋谷区"}, "Z1 / 東京都渋谷区 / Way 1 / Co / Ann"),
        ("KR", {"state": "서울특별시", "city": "강남구"}, "서울특별시 강남구 / Way 1 / Co / Ann / Z1"),
        ("CN", {"state": "北京市", "city": "朝阳区"}, "Z1 / 北京市朝阳区 / Way 1 / Co / Ann"),
        ("US", {"state": ""}, "Co / Ann / Way 1 / City Z1"),
        ("US", {"city": ""}, "Co / Ann / Way 1 / ST Z1"),
        ("US", {"postal_code": ""}, "Co / Ann / Way 1 / City, ST"),
    ],
)
def test_order_of_the_country(country: str, values: dict[str, str], expected: str) -> None:
    assert written(country, **values) == expected


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_nothing_is_lost_in_any_country(country: str) -> None:
    text = written(country)

    for part in ("Co", "Ann", "Way 1", "Z1", "City", "ST"):
        assert part in text


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_country_has_a_name(language: str) -> None:
    names = {country: country_name(country, language) for country in COUNTRIES}

    assert all(name and name != country for country, name in names.items())
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("PE", "de", "Peru"),
        ("TH", "en", "Thailand"),
        ("kr", "de", "Südkorea"),
        ("HK", "de", "Hongkong"),
        ("XK", "en", "Kosovo"),
        ("ZZ", "en", "ZZ"),
        ("EU", "de", "EU"),
        ("Freedonia", "en", "Freedonia"),
        (None, "en", None),
    ],
)
def test_names(code: str | None, language: str, name: str | None) -> None:
    assert country_name(code, language) == name
