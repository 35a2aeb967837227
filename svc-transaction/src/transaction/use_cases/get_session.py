"""A customer's page reads its checkout."""

from gateway_contracts.config import ProviderConfig, SiteConfig
from gateway_contracts.requests.transaction import GetSession, OfferedProvider, Session
from transaction.domain.checkout import Checkout
from transaction.domain.transaction import Transaction
from transaction.errors import checkout_not_found
from transaction.ports import Deps
from transaction.use_cases.load import scope_of
from transaction.use_cases.offer_providers import offer_providers
from transaction.use_cases.views import open_field, open_party, shown_status


async def get_session(request: GetSession, *, deps: Deps) -> Session:
    """Whoever knows one of its two secret names may see it.

    Raises:
        NotFound: nobody has that name.
    """
    checkout = await deps.checkouts.by_secret_name(
        session_public_id=request.session_public_id, short_code=request.short_code
    )
    if checkout is None:
        raise checkout_not_found()
    site = await deps.tenants.fetch_site(checkout.site_id)
    offered = await offer_providers(checkout, site, deps=deps)
    attempts = await deps.transactions.of_checkout(scope_of(checkout), checkout.id)
    return _view(checkout, site, offered, attempts, deps=deps)


def _view(
    checkout: Checkout,
    site: SiteConfig | None,
    offered: tuple[ProviderConfig, ...],
    attempts: tuple[Transaction, ...],
    *,
    deps: Deps,
) -> Session:
    latest = next((attempt for attempt in attempts if attempt.id == checkout.paid_by), None)
    latest = latest or (attempts[-1] if attempts else None)
    party = open_party(checkout, vault=deps.vault)
    default_id = site.default_provider_id if site else None
    return Session(
        id=checkout.session_public_id,
        checkout_id=checkout.id,
        organization_id=checkout.organization_id,
        site_id=checkout.site_id,
        short_code=checkout.short_code,
        status=checkout.status_at(deps.clock.now()),
        amount=checkout.amount,
        currency=checkout.currency,
        livemode=checkout.livemode,
        items=checkout.items,
        providers=tuple(_offered(provider, default_id) for provider in offered),
        branding=site.branding if site else {},
        site_name=site.name if site else "",
        email=party.email,
        name=party.name,
        return_url=open_field(checkout, "return_url", vault=deps.vault),
        cancel_url=open_field(checkout, "cancel_url", vault=deps.vault),
        locale=checkout.locale,
        expires_at=checkout.expires_at,
        transaction_id=latest.id if latest else None,
        transaction_status=shown_status(latest) if latest else None,
        external_reference=checkout.external_reference,
    )


def _offered(provider: ProviderConfig, default_id: str | None) -> OfferedProvider:
    return OfferedProvider(
        id=provider.id,
        type=provider.type,
        label=provider.label,
        is_default=provider.id == default_id,
        publishable_key=provider.public.get("publishableKey"),
    )
