"""A customer's page reads its checkout."""

from collections.abc import Sequence

from gateway_contracts.config import ProviderConfig, SiteConfig
from gateway_contracts.requests.customer import GetSession, OfferedProvider, Session
from gateway_contracts.sale_facts import SaleFacts, facts_of
from transaction.domain.checkout import Checkout
from transaction.domain.transaction import Transaction, counting_attempt
from transaction.errors import checkout_not_found
from transaction.policies.offer_providers import offer_providers
from transaction.ports import Deps
from transaction.views import open_field, open_name, open_party, public_status


async def get_session(request: GetSession, *, deps: Deps) -> Session:
    """The session, for a caller that knows one of its two secret names.

    Raises:
        NotFound: no session has that name.
    """
    name, code = request.session_public_id, request.short_code
    checkout = await deps.checkouts.by_secret_name(
        session_hash=deps.cipher.session_hash(name) if name else None,
        short_code_hash=deps.cipher.short_code_hash(code) if code else None,
    )
    if checkout is None:
        raise checkout_not_found()
    site = await deps.tenants.fetch_site(checkout.site_id)
    offered = await offer_providers(checkout, site, deps=deps)
    attempts = await deps.transactions.of_checkout(None, checkout.scope, checkout.id)
    return _view(checkout, site, offered, attempts, deps=deps)


def _view(
    checkout: Checkout,
    site: SiteConfig | None,
    offered: tuple[ProviderConfig, ...],
    attempts: Sequence[Transaction],
    *,
    deps: Deps,
) -> Session:
    counting = counting_attempt(checkout.paid_by, attempts)
    party = open_party(checkout, cipher=deps.cipher)
    default_id = site.default_provider_id if site else None
    return Session(
        id=open_name(checkout, "session_public_id", cipher=deps.cipher),
        checkout_id=checkout.id,
        organization_id=checkout.organization_id,
        site_id=checkout.site_id,
        short_code=open_name(checkout, "short_code", cipher=deps.cipher),
        status=checkout.status_at(deps.clock.now()),
        amount=checkout.amount,
        currency=checkout.currency,
        amount_format=checkout.amount_format,
        livemode=checkout.livemode,
        items=checkout.items,
        providers=tuple(_offered(provider, default_id) for provider in offered),
        branding=site.branding if site else {},
        site_name=site.name if site else "",
        email=party.email,
        name=party.name,
        return_url=open_field(checkout, "return_url", cipher=deps.cipher),
        cancel_url=open_field(checkout, "cancel_url", cipher=deps.cipher),
        expires_at=checkout.expires_at,
        transaction_id=counting.id if counting else None,
        transaction_status=public_status(counting) if counting else None,
        under_way=counting is not None and counting.is_under_way,
        holds_money=counting is not None and counting.holds_money,
        committed=counting is not None and counting.committed,
        **facts_of(checkout, SaleFacts),
    )


def _offered(provider: ProviderConfig, default_id: str | None) -> OfferedProvider:
    return OfferedProvider(
        id=provider.id,
        type=provider.type,
        label=provider.label,
        is_default=provider.id == default_id,
        publishable_key=provider.public.get("publishableKey"),
    )
