"""How a provider is presented on the pages, from its declaration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gateway_contracts.payment_family import PaymentFamily
from gateway_contracts.requests.customer import OfferedProvider, StatusView
from gateway_providers.card_fields import CardFields
from gateway_providers.registry import PROVIDERS, family_of_type

MethodKind = Literal["card", "transfer", "redirect"]

_FAMILIES: Final[Mapping[str, PaymentFamily]] = {
    "card": PaymentFamily.CARD,
    "creditcard": PaymentFamily.CARD,
    **dict.fromkeys(
        ("sepa_debit", "bacs_debit", "au_becs_debit", "acss_debit", "us_bank_account", "directdebit", "direct_debit"),
        PaymentFamily.DIRECT_DEBIT,
    ),
}
"""By payment method, in the words of any provider."""


@dataclass(frozen=True)
class CardScript:
    """Card fields that a page shows, and where their script comes from."""

    provider_type: str
    url: str
    fields: CardFields


def kind_of(provider_type: str) -> MethodKind:
    """Card fields on the page, bank details after it, or the provider's own page."""
    if card_fields_of(provider_type) is not None:
        return "card"
    return "transfer" if family_of_type(provider_type) is PaymentFamily.TRANSFER else "redirect"


def card_fields_of(provider_type: str) -> CardFields | None:
    """The card fields of that type, if it has some."""
    provider = PROVIDERS.get(provider_type)
    return provider.card_fields if provider else None


def card_scripts(offers: tuple[OfferedProvider, ...], script_urls: Mapping[str, str]) -> tuple[CardScript, ...]:
    """The scripts of the offered card fields, each once. An account without its public key has none."""
    types = dict.fromkeys(offer.type for offer in offers if offer.publishable_key)
    found = ((name, card_fields_of(name)) for name in types)
    return tuple(CardScript(name, script_urls.get(name, f.script_url), f) for name, f in found if f is not None)


def family_of(view: StatusView) -> PaymentFamily:
    """By the method, where it is known; the details of a transfer come from its type of provider alone."""
    by_provider = family_of_type(view.provider_type)
    if view.payment_method is None or by_provider is PaymentFamily.TRANSFER:
        return by_provider
    # Providers of many methods lead the customer away for the others.
    others = by_provider if by_provider is PaymentFamily.DIRECT_DEBIT else PaymentFamily.REDIRECT
    return _FAMILIES.get(view.payment_method, others)
