"""VAT rates in force, to recognise the rate behind a tax amount that a shop sent. Never used to add VAT.

Percent per country of the standard and reduced rates, as of 2026. A rate that is missing here leaves the invoice a
draft; it never produces a wrong one.
"""

from decimal import Decimal
from typing import Final

_TABLE: Final = """
AT 20 13 10
BE 21 12 6
BG 20 9
CH 8.1 3.8 2.6
CY 19 9 5 3
CZ 21 12
DE 19 7
DK 25
EE 24 13 9
ES 21 10 4
FI 25.5 13.5 10
FR 20 10 5.5 2.1
GB 20 5
GR 24 13 6
HR 25 13 5
HU 27 18 5
IE 23 13.5 9 4.8
IT 22 10 5 4
LI 8.1 3.8 2.6
LT 21 12 5
LU 17 14 8 3
LV 21 12 5
MT 18 12 7 5
NL 21 9
NO 25 15 12
PL 23 8 5
PT 23 13 6
RO 21 11
SE 25 12 6
SI 22 9.5 5
SK 23 19 5
"""

LEGAL_RATES: Final[dict[str, tuple[Decimal, ...]]] = {
    country: tuple(Decimal(rate) for rate in rates)
    for country, *rates in (line.split() for line in _TABLE.strip().splitlines())
}


def rates_of(*countries: str | None) -> tuple[Decimal, ...]:
    """The legal rates of these countries without repetition, highest first."""
    found = {rate for country in countries if country for rate in LEGAL_RATES.get(country.upper(), ())}
    return tuple(sorted(found, reverse=True))
