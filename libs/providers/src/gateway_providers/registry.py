"""Every provider that is built in: one line each."""

from collections.abc import Mapping
from typing import Any, Final

from gateway_contracts.errors import Invalid
from gateway_contracts.payment_family import PaymentFamily
from gateway_providers.errors import UnknownProviderType
from gateway_providers.events import Webhooks
from gateway_providers.gocardless.provider import GOCARDLESS
from gateway_providers.mollie.provider import MOLLIE
from gateway_providers.paypal.provider import PAYPAL
from gateway_providers.ports import Connector
from gateway_providers.provider import Provider
from gateway_providers.stripe.provider import STRIPE
from gateway_providers.wire.provider import WIRE
from gateway_providers.wise.provider import WISE

PROVIDERS: Final[dict[str, Provider]] = {
    provider.type: provider
    for provider in (
        STRIPE,
        MOLLIE,
        GOCARDLESS,
        PAYPAL,
        WISE,
        WIRE,
    )
}


def declared(provider_type: str) -> Provider:
    """The declaration of a type that a request names.

    Raises:
        Invalid: code ``PROVIDER_TYPE_UNSUPPORTED``, there is none.
    """
    provider = PROVIDERS.get(provider_type)
    if provider is None:
        raise Invalid.field("type", f"there is no connector for {provider_type} yet", code="PROVIDER_TYPE_UNSUPPORTED")
    return provider


def webhooks_of(provider_type: str) -> Webhooks:
    """The webhook port of that type.

    Raises:
        UnknownProviderType: no such provider, or it sends no webhooks.
    """
    provider = PROVIDERS.get(provider_type)
    if provider is None or provider.webhooks is None:
        raise UnknownProviderType(f"no webhooks of type {provider_type}")
    return provider.webhooks


def connect(provider_type: str, base_url: str | None = None) -> Connector:
    """A new connector of that type; close it with ``aclose``.

    Raises:
        UnknownProviderType: no such provider.
    """
    provider = PROVIDERS.get(provider_type)
    if provider is None:
        raise UnknownProviderType(f"no provider of type {provider_type}")
    return provider.connect(base_url)


def family_of_type(provider_type: str) -> PaymentFamily:
    """How a customer pays with that type, until the provider names the method."""
    provider = PROVIDERS.get(provider_type)
    return provider.family if provider else PaymentFamily.REDIRECT


def transfer_types() -> tuple[str, ...]:
    """Types whose payments a customer cannot take back: bank transfers."""
    return tuple(sorted(name for name, provider in PROVIDERS.items() if provider.family is PaymentFamily.TRANSFER))


def personal_settings(provider_type: str) -> frozenset[str]:
    """Setup values of that type that are shown, yet stored encrypted."""
    provider = PROVIDERS.get(provider_type)
    return provider.personal_settings if provider else frozenset()


def connected_account(provider_type: str, settings: Mapping[str, Any]) -> str | None:
    """The account at the provider whose events count, from the settings of an account of that type; None for none."""
    provider = PROVIDERS.get(provider_type)
    return settings.get(provider.account_setting) if provider and provider.account_setting else None
