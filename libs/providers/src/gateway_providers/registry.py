"""Every provider that is built in: one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway_providers.errors import UnknownProviderType
from gateway_providers.events import Webhooks
from gateway_providers.gocardless.client import GoCardlessConnector
from gateway_providers.gocardless.webhook import GoCardlessWebhooks
from gateway_providers.mollie.client import MollieConnector
from gateway_providers.mollie.webhook import MollieWebhooks
from gateway_providers.paypal.client import PayPalConnector
from gateway_providers.paypal.webhook import PayPalWebhooks
from gateway_providers.ports import Connector
from gateway_providers.stripe.client import StripeConnector
from gateway_providers.stripe.webhook import StripeWebhooks
from gateway_providers.wire.connector import WireConnector
from gateway_providers.wise.client import WiseConnector
from gateway_providers.wise.webhook import WiseWebhooks


@dataclass(frozen=True)
class Provider:
    """How to talk to one type of provider.

    Attributes:
        connect: makes its connector; ``base_url`` is the provider's interface (None: its public one).
        webhooks: None for a provider that sends none.
    """

    connect: Callable[[str | None], Connector]
    webhooks: Webhooks | None = None


PROVIDERS: Final[dict[str, Provider]] = {
    "stripe": Provider(lambda url: StripeConnector(url) if url else StripeConnector(), StripeWebhooks()),
    "mollie": Provider(lambda url: MollieConnector(url) if url else MollieConnector(), MollieWebhooks()),
    "gocardless": Provider(GoCardlessConnector, GoCardlessWebhooks()),
    "paypal": Provider(PayPalConnector, PayPalWebhooks()),
    "wise": Provider(WiseConnector, WiseWebhooks()),
    "wire": Provider(lambda url: WireConnector()),
}


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
