"""A merchant's server creates a checkout."""

import json

from gateway_contracts.aggregates import Scope
from gateway_contracts.config import SiteConfig
from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.events.transaction import Party
from gateway_contracts.ids import is_object_id, new_operation_id, new_session_public_id, new_short_code
from gateway_contracts.requests.transaction import CheckoutCreated, CreateCheckout
from gateway_contracts.sale_facts import SaleFacts, facts_of
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx
from transaction.domain.amounts import minor_checkout
from transaction.domain.checkout import Checkout, check, expiry
from transaction.errors import site_not_found
from transaction.policies.customer_restrictions import check_customer_restrictions
from transaction.policies.offer_providers import offer_providers
from transaction.ports import Deps
from transaction.transitions.announce import announce_checkout
from transaction.views import open_name


async def create_checkout(
    wish: CreateCheckout, *, scope: Scope, site_id: str | None, operation_id: str | None, deps: Deps
) -> CheckoutCreated:
    """Store the session under the id that the caller allocated. Idempotent on operation id and on that id.

    Raises:
        NotFound: no such site in this organization (or not the credential's own site).
        Invalid: a rule on a field is broken.
        Conflict: the customer contests a payment or is on hold (``CHECKOUT_…``).
    """
    wish, site = await check_wish(wish, scope, site_id, deps=deps)
    if (known := await deps.checkouts.get(None, scope, wish.checkout_id)) is not None:
        return _answer(known, deps=deps)
    checkout = new_checkout(wish, scope, deps=deps)
    offered = await offer_providers(checkout, site, deps=deps)
    await check_customer_restrictions(checkout, checkout.customer_hashes, offered, deps=deps)

    async def work(tx: Tx) -> Checkout:
        deps.checkouts.insert(tx, checkout)
        announce_checkout(tx, checkout)
        return checkout

    operation = Operation(operation_id or new_operation_id(), checkout.id)
    try:
        return _answer(await deps.uow.run(work, operation=operation), deps=deps)
    except OperationReplayed as replay:
        known = await deps.checkouts.get(None, scope, replay.entity_id)
        if known is None:
            raise Conflict("this operation id belongs to another request", code="OPERATION_CONFLICT") from replay
        return _answer(known, deps=deps)


async def check_wish(
    wish: CreateCheckout, scope: Scope, own_site_id: str | None, *, deps: Deps
) -> tuple[CreateCheckout, SiteConfig]:
    """All rules on a wish; the wish in minor units and the site that it names.

    Raises:
        NotFound: no such site in this organization (or not the credential's own site).
        Invalid: a rule on a field is broken.
    """
    site = await _check_site(wish, scope, own_site_id, deps=deps)
    check(wish)
    in_minor = minor_checkout(wish)
    if in_minor is not wish:
        check(in_minor)  # other numbers, the same limits
    return in_minor, site


async def _check_site(wish: CreateCheckout, scope: Scope, own_site_id: str | None, *, deps: Deps) -> SiteConfig:
    site = await deps.tenants.fetch_site(wish.site_id) if is_object_id(wish.site_id) else None
    if site is None or site.organization_id != scope.organization_id or own_site_id not in (None, site.id):
        raise site_not_found()
    unknown = set(wish.allowed_provider_ids or ()) - set(site.provider_ids)
    if unknown:
        raise Invalid.field("allowedProviderIds", "names a provider that is not assigned to this site")
    return site


def new_checkout(wish: CreateCheckout, scope: Scope, *, deps: Deps) -> Checkout:
    """A pending session made of a wish that was checked."""
    now = deps.clock.now()
    ends = expiry(wish.expire_in_hours, now)
    session_public_id, short_code = new_session_public_id(), new_short_code()

    def seal(field: str, text: str | None) -> object:
        return deps.vault.seal(scope.organization_id, "checkouts", wish.checkout_id, field, text)

    sealed = {
        "session_public_id": session_public_id,
        "short_code": short_code,
        "party": _party_text(wish.party),
        "shipping": _party_text(wish.shipping) if wish.shipping else None,
        "return_url": wish.return_url,
        "cancel_url": wish.cancel_url,
        "ipn_url": wish.ipn_url,
        "metadata": json.dumps(wish.metadata) if wish.metadata else None,
    }
    return Checkout(
        id=wish.checkout_id,
        organization_id=scope.organization_id,
        livemode=scope.mode,
        site_id=wish.site_id,
        session_hash=deps.vault.session_hash(session_public_id),
        short_code_hash=deps.vault.short_code_hash(short_code),
        status="pending",
        version=1,
        amount=wish.amount,
        currency=wish.currency,
        expires_at=ends,
        due_at=ends,
        created_at=now,
        updated_at=now,
        items=wish.items,
        allowed_provider_ids=wish.allowed_provider_ids,
        email_hash=deps.vault.email_hash(scope.organization_id, wish.party.email),
        country=wish.party.country,
        other_email_hashes=_other_hashes(wish, scope, deps=deps),
        amount_format=wish.amount_format,
        **facts_of(wish, SaleFacts),
        **{field: seal(field, text) for field, text in sealed.items()},  # type: ignore[arg-type]  # all encrypted values
    )


def _other_hashes(wish: CreateCheckout, scope: Scope, *, deps: Deps) -> tuple[str, ...]:
    main = deps.vault.email_hash(scope.organization_id, wish.party.email)
    other = deps.vault.email_hash(scope.organization_id, wish.other_email)
    return (other,) if other is not None and other != main else ()


def _party_text(party: Party) -> str | None:
    """JSON of a buyer; None for one of whom nothing is known."""
    return party.wire_json().decode() if party != Party() else None


def _answer(checkout: Checkout, *, deps: Deps) -> CheckoutCreated:
    return CheckoutCreated(
        id=checkout.id,
        session_public_id=open_name(checkout, "session_public_id", vault=deps.vault),
        short_code=open_name(checkout, "short_code", vault=deps.vault),
        expires_at=checkout.expires_at,
    )
