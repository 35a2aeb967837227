"""Legal time zones: names of the IANA database, and the zone that a country's law counts its days in.

Known to both sides: svc-admin-api checks the setting, svc-invoice dates and numbers documents by it. Names and zones
come from the package ``tzdata``, so that every machine knows the same.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

UTC_NAME: Final = "UTC"

# `zone.tab` lists the zones of a country roughly by place; where the first one is not that of most people or of the
# seat of government, the right one stands here.
_PRINCIPAL: Final = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "FM": "Pacific/Pohnpei",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "XK": "Europe/Belgrade",
}


@cache
def _names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


@cache
def _by_country() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found.setdefault(country, name)
    return found | _PRINCIPAL


def is_time_zone(name: str) -> bool:
    """Whether it is a zone of the IANA database, such as ``Europe/Berlin``; spelled exactly."""
    return name in _names()


def time_zone_of(country: str | None) -> str:
    """The zone of most of the country; UTC where there is none."""
    return _by_country().get((country or "").strip().upper(), UTC_NAME)


def day_in(moment: datetime, time_zone: str) -> date:
    """The day that a moment falls on in that zone.

    Raises:
        ZoneInfoNotFoundError: there is no such zone.
    """
    return moment.astimezone(ZoneInfo(time_zone)).date()


def legal_time_zone(invoicing: Mapping[str, Any], country: str | None) -> str:
    """The zone that an organization's invoicing settings name, else that of the seller's country, else UTC.

    Args:
        country: of the organization; that of ``companyAddress`` comes before it.
    """
    chosen, address = invoicing.get("legalTimeZone"), invoicing.get("companyAddress")
    if isinstance(chosen, str) and is_time_zone(chosen):
        return chosen
    seat = address.get("country") if isinstance(address, Mapping) else None
    return time_zone_of(seat if isinstance(seat, str) and seat.strip() else country)
