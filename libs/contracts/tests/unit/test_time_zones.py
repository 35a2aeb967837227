"""Legal time zones: every country has one, and a machine knows the same zones as the next."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway_contracts.countries import COUNTRIES
from gateway_contracts.time_zones import day_in, is_time_zone, time_zone_of

UNINHABITED = {"BV", "HM"}


def test_every_country_has_a_zone_that_exists() -> None:
    for country in COUNTRIES - UNINHABITED:
        name = time_zone_of(country)
        assert is_time_zone(name), country
        assert name != "UTC", country
        ZoneInfo(name)


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("DE", "Europe/Berlin"),
        ("de", "Europe/Berlin"),
        ("US", "America/New_York"),
        ("AU", "Australia/Sydney"),
        ("RU", "Europe/Moscow"),
        ("PT", "Europe/Lisbon"),
        ("CN", "Asia/Shanghai"),
        ("XK", "Europe/Belgrade"),
        ("ZZ", "UTC"),
        ("", "UTC"),
        (None, "UTC"),
    ],
)
def test_the_zone_of_a_country(country: str | None, zone: str) -> None:
    assert time_zone_of(country) == zone


@pytest.mark.parametrize("name", ["", "Berlin", "europe/berlin", "../../etc/passwd", "Europe/", "Europe\x00", "+01:00"])
def test_what_is_no_zone(name: str) -> None:
    assert not is_time_zone(name)


def test_days_change_at_midnight_of_the_zone_also_with_summer_time() -> None:
    assert day_in(datetime(2026, 6, 30, 21, 59, tzinfo=UTC), "Europe/Berlin") == date(2026, 6, 30)
    assert day_in(datetime(2026, 6, 30, 22, 0, tzinfo=UTC), "Europe/Berlin") == date(2026, 7, 1)
    assert day_in(datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "Europe/Berlin") == date(2027, 1, 1)
    assert day_in(datetime(2026, 1, 1, 9, 59, tzinfo=UTC), "Pacific/Pago_Pago") == date(2025, 12, 31)
