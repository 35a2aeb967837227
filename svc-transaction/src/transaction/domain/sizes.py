"""How large a merchant's or customer's texts may be: each field, and all of a checkout together. Pure.

The APIs refuse the same before us; an owner relies on nobody.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from gateway_contracts.countries import COUNTRY_MESSAGE, is_country
from gateway_contracts.errors import FieldProblem, Invalid, TooLarge
from gateway_contracts.events.transaction import Party
from gateway_contracts.limits import (
    ALLOWED_PROVIDERS_MAX,
    LINE_CHARACTERS_MAX,
    LOCALE_CHARACTERS_MAX,
    METADATA_KEY_CHARACTERS_MAX,
    METADATA_KEYS_MAX,
    METADATA_VALUE_CHARACTERS_MAX,
    SHORT_CHARACTERS_MAX,
    TEXTS_BYTES_MAX,
)
from gateway_contracts.requests.transaction import CreateCheckout
from gateway_contracts.texts import EMAIL_CHARACTERS_MAX, utf8_size

_PARTY_LENGTHS: Final = {
    # First and last name in one.
    "name": 2 * LINE_CHARACTERS_MAX + 1,
    "email": EMAIL_CHARACTERS_MAX,
}


def require_texts_fit(texts: Iterable[str | None]) -> None:
    """
    Raises:
        TooLarge: together they have more than `TEXTS_BYTES_MAX` bytes.
    """
    size = sum(utf8_size(text) for text in texts if text)
    if size > TEXTS_BYTES_MAX:
        raise TooLarge(f"the texts have {size} bytes; all together may have {TEXTS_BYTES_MAX}")


def texts_of(wish: CreateCheckout) -> Iterator[str | None]:
    """Every text that its merchant chose."""
    for item in wish.items:
        yield item.name
        yield item.description
    yield from wish.metadata.values()
    for party in (wish.party, wish.shipping or Party()):
        yield from party.model_dump().values()
    yield from (wish.return_url, wish.cancel_url, wish.ipn_url, wish.external_reference, wish.invoice_number)


def size_problems(wish: CreateCheckout) -> Iterator[FieldProblem]:
    """Limits of single fields that have no rule of their own."""
    yield from party_problems(wish.party, "billingAddress")
    yield from party_problems(wish.shipping or Party(), "shippingAddress")
    if len(wish.locale or "") > LOCALE_CHARACTERS_MAX:
        yield FieldProblem("locale", f"must be at most {LOCALE_CHARACTERS_MAX} characters")
    if len(wish.client_id or "") > SHORT_CHARACTERS_MAX:
        yield FieldProblem("clientId", f"must be at most {SHORT_CHARACTERS_MAX} characters")
    if len(wish.allowed_provider_ids or ()) > ALLOWED_PROVIDERS_MAX:
        yield FieldProblem("allowedProviderIds", f"must be at most {ALLOWED_PROVIDERS_MAX}")


def party_problems(party: Party, field: str) -> Iterator[FieldProblem]:
    """Limits on a buyer's data; a country is one of ISO 3166."""
    for name, text in party.model_dump(exclude_none=True).items():
        longest = _PARTY_LENGTHS.get(name, LINE_CHARACTERS_MAX)
        if name == "country":
            if not is_country(text):
                yield FieldProblem(f"{field}.country", COUNTRY_MESSAGE)
        elif len(text) > longest:
            yield FieldProblem(f"{field}.{name}", f"must be at most {longest} characters")


def require_party(party: Party) -> None:
    """
    Raises:
        Invalid: what a customer typed is over a limit.
    """
    if problems := list(party_problems(party, "billingAddress")):
        raise Invalid(f"{problems[0].field}: {problems[0].message}", details=problems)


def metadata_problems(metadata: Mapping[str, str]) -> list[FieldProblem]:
    """Limits on merchants' own key-value pairs."""
    problems = []
    if len(metadata) > METADATA_KEYS_MAX:
        problems.append(FieldProblem("metadata", f"must have at most {METADATA_KEYS_MAX} keys"))
    for key, value in metadata.items():
        if not 1 <= len(key) <= METADATA_KEY_CHARACTERS_MAX:
            problems.append(FieldProblem("metadata", f"keys must have 1 to {METADATA_KEY_CHARACTERS_MAX} characters"))
        if len(value) > METADATA_VALUE_CHARACTERS_MAX:
            message = f"must be at most {METADATA_VALUE_CHARACTERS_MAX} characters"
            problems.append(FieldProblem(f"metadata.{key[:METADATA_KEY_CHARACTERS_MAX]}", message))
    return problems
