"""Addresses in the order of their country.

The orders are those of Google's address data (CC-BY 4.0), which Chromium and Android use, as of 2024-09; without the
letters that some countries once put before postal codes. A country that is not listed is written ``Z C`` and ``S``.
"""

from dataclasses import dataclass
from typing import Final

from invoice.adapters.pdf.countries import country_name

# Lines are separated by a slash. P: company and person, A: street, C: city, S: state, Z: postal code.
_TABLE: Final = """
P/A/Z C|AD AT AX AZ BA BE BG BL CH CY CZ DE DK DO DZ ET FI FO FR GE GF GL GP GR GT GW HR HT IS KG KW LA LI LR LU MA
P/A/Z C|MC MD ME MF MG MK MQ NC NE NL NO PL PM PT PY RE RS SE SI SJ SK SM SN TJ TM TN TZ VA WF XK YT ZM
P/A/C/Z|AF AI FK GB GG GI GS IM IO JE KE LK NA PN SD SH SZ TC VG ZA
P/A/C Z|BH BM BN BT GU IL JO KH LB LS MT MV NP NZ PR SA SG VC
P/A/C S Z|AS AU CA CC CX FM HM MH MP NF PW UM VI
P/A/Z C/S|AR CL CV MY TR UZ
P/A/Z C S|EE ES IT LT MZ PF UY
P/A/C/S|AE HK JM MO NR PA SC SR TV
P/A/Z/C|AL EC MU OM
P/A/C/S/Z|EG IE RU UA
P/A/C/S Z|ID KY MN TH VN
P/A/C, S Z|BB CN JP KP KR SO TW US
P/A/C Z/S|IN NG PE
P/A/C|BF MW
P/A/C, S|BS KN
P/A/C, S/Z|HN IQ
P/A/Z/C/S|AM
P/A/C - Z|BD
P/A/C - S/Z|BR
P/A/Z, C/S|BY
P/A C|CI
P/A/C, S, Z|CO
P/A/S, C/Z|CR
P/A/C S/Z|CU
P/Z A C|GN
P/C/A/Z|HU
P/S/C/A/Z|IR
P/A/S/C|KI
Z/S/C/A/P|KZ
P/A/S/C, Z|LV
P/A/C, Z|MM
P/A/Z C, S|MX
P/A/Z/C, S|NI
P/A/C Z S|PG
P/A/C/Z S|PH
P/A/C - Z|PK
P/A/Z S C|RO
P/A/Z - C/S|SV
P/A/C Z, S|VE
"""
# What is written in their own scripts goes from the largest to the smallest.
_OWN_SCRIPT: Final = {
    "CN": "Z/SC/A/P",
    "HK": "S/C/A/P",
    "JP": "Z/SC/A/P",
    "KP": "Z/S/C/A/P",
    "KR": "S C/A/P/Z",
    "MO": "A/P",
    "TW": "Z/SC/A/P",
}
_OTHERS: Final = "P/A/Z C/S"
_FIELDS: Final = "PACSZ"

_ORDERS: Final[dict[str, str]] = {
    country: order
    for order, countries in (line.split("|") for line in _TABLE.strip().splitlines())
    for country in countries.split()
}


@dataclass(frozen=True)
class Address:
    """One party; what is not known is left out. ``people`` are company and person."""

    people: tuple[str | None, ...] = ()
    street: tuple[str | None, ...] = ()
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class AddressLine:
    """``is_name``: the first of the people."""

    text: str
    is_name: bool = False


def address_lines(address: Address, language: str) -> list[AddressLine]:
    """The lines as an envelope shows them, the country's name last."""
    people, street = _known(address.people), _known(address.street)
    single = {"C": _text(address.city), "S": _text(address.state), "Z": _text(address.postal_code)}
    order = _order(address, " ".join((*people, *street, *single.values())))
    lines: list[AddressLine] = []
    for part in _complete(order, single).split("/"):
        if part == "P":
            lines += [AddressLine(text, is_name=not place) for place, text in enumerate(people)]
        elif part == "A":
            lines += [AddressLine(text) for text in street]
        elif text := _line(part, single | {"A": " ".join(street)}):
            lines.append(AddressLine(text))
    country = country_name(_text(address.country), language)
    return [*lines, AddressLine(country)] if country else lines


def _order(address: Address, text: str) -> str:
    country = _text(address.country).upper()
    if country in _OWN_SCRIPT and any(_is_east_asian(character) for character in text):
        return _OWN_SCRIPT[country]
    return _ORDERS.get(country, _OTHERS)


def _is_east_asian(character: str) -> bool:
    """Han, kana or Hangul."""
    return "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af" or character >= "\U00020000"


def _complete(order: str, values: dict[str, str]) -> str:
    """The order with lines for what is known and has no place in it."""
    missing = [field for field, value in values.items() if value and field not in order]
    return "/".join([order, *missing])


def _line(part: str, values: dict[str, str]) -> str:
    """One line; what separates two fields stands only where both are known."""
    written, separator = "", ""
    for character in part:
        if character not in _FIELDS:
            separator += character
        else:
            value = values[character]
            if value:
                written += (separator if written else "") + value
            separator = ""
    return written


def _known(texts: tuple[str | None, ...]) -> list[str]:
    return [text.strip() for text in texts if text and text.strip()]


def _text(value: str | None) -> str:
    return value.strip() if value else ""
