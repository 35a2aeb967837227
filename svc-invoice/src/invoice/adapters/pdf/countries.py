"""Country names on documents, from the Unicode locale data (Babel)."""

from functools import cache
from typing import Final

from gateway_contracts.countries import is_country

# Where the locale data's name is a legal status rather than what an envelope says.
_SHORT: Final = {
    "HK": {"en": "Hong Kong", "de": "Hongkong"},
    "MO": {"en": "Macao", "de": "Macau"},
    "PS": {"en": "Palestine", "de": "Palästina"},
}


@cache
def _names(language: str) -> dict[str, str]:
    from babel import Locale  # only renderers need it

    return dict(Locale.parse(language).territories)


def country_name(code: str | None, language: str) -> str | None:
    """The name in that language; a text that is no country's code stays as it is."""
    if not code:
        return None
    upper = code.strip().upper()
    short = _SHORT.get(upper, {}).get(language)
    return short or (_names(language).get(upper, code) if is_country(upper) else code)
