"""Which ways to pay a checkout offers."""

from gateway_contracts.config import ProviderConfig, SiteConfig
from gateway_contracts.money import Money
from transaction.domain.checkout import Checkout
from transaction.ports import Deps


async def offer_providers(checkout: Checkout, site: SiteConfig | None, *, deps: Deps) -> tuple[ProviderConfig, ...]:
    """Enabled, complete accounts of the site and of the checkout's mode that it allows and that can take its amount."""
    if site is None:
        return ()
    providers = [await deps.tenants.fetch_provider(identifier) for identifier in site.provider_ids]
    return tuple(provider for provider in providers if provider and _is_offered(provider, checkout, deps=deps))


def _is_offered(provider: ProviderConfig, checkout: Checkout, *, deps: Deps) -> bool:
    allowed = checkout.allowed_provider_ids
    return (
        provider.organization_id == checkout.organization_id
        and provider.livemode == checkout.livemode
        and provider.enabled
        and not provider.missing
        and (allowed is None or provider.id in allowed)
        and deps.providers.offers(provider, Money(checkout.amount, checkout.currency))
    )
