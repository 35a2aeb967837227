"""Country names on documents; a country that is not listed is printed as its code."""

from typing import Final

_TABLE: Final = """
AE United Arab Emirates|Vereinigte Arabische Emirate
AT Austria|Österreich
AU Australia|Australien
BE Belgium|Belgien
BG Bulgaria|Bulgarien
BR Brazil|Brasilien
CA Canada|Kanada
CH Switzerland|Schweiz
CN China|China
CY Cyprus|Zypern
CZ Czechia|Tschechien
DE Germany|Deutschland
DK Denmark|Dänemark
EE Estonia|Estland
ES Spain|Spanien
FI Finland|Finnland
FR France|Frankreich
GB United Kingdom|Vereinigtes Königreich
GR Greece|Griechenland
HR Croatia|Kroatien
HU Hungary|Ungarn
IE Ireland|Irland
IL Israel|Israel
IN India|Indien
IS Iceland|Island
IT Italy|Italien
JP Japan|Japan
KR South Korea|Südkorea
KW Kuwait|Kuwait
LI Liechtenstein|Liechtenstein
LT Lithuania|Litauen
LU Luxembourg|Luxemburg
LV Latvia|Lettland
MT Malta|Malta
MX Mexico|Mexiko
NL Netherlands|Niederlande
NO Norway|Norwegen
NZ New Zealand|Neuseeland
PL Poland|Polen
PT Portugal|Portugal
RO Romania|Rumänien
RS Serbia|Serbien
SE Sweden|Schweden
SG Singapore|Singapur
SI Slovenia|Slowenien
SK Slovakia|Slowakei
TR Türkiye|Türkei
UA Ukraine|Ukraine
US United States|Vereinigte Staaten
ZA South Africa|Südafrika
"""

_NAMES: Final[dict[str, dict[str, str]]] = {
    code: dict(zip(("en", "de"), names.split("|"), strict=True))
    for code, names in (line.split(" ", 1) for line in _TABLE.strip().splitlines())
}


def country_name(code: str | None, language: str) -> str | None:
    """The name in that language, or the code as it is."""
    if not code:
        return None
    return _NAMES.get(code.strip().upper(), {}).get(language, code)
