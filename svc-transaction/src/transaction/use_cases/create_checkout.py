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
from transaction.transitions.events import emit_checkout_event
from transaction.views import open_name


async def create_checkout(
    command: CreateCheckout, *, scope: Scope, site_id: str | None, operation_id: str | None, deps: Deps
) -> CheckoutCreated:
    """Store the session under the id that the caller allocated. Idempotent on operation id and on that id.

    Raises:
        NotFound: no such site in this organization (or not the credential's own site).
        Invalid: a rule on a field is broken.
        Conflict: the customer contests a payment or is on hold (``CHECKOUT_…``).
    """
    command, site = await check_command(command, scope, site_id, deps=deps)
    if (known := await deps.checkouts.get(None, scope, command.checkout_id)) is not None:
        return _answer(known, deps=deps)
    checkout = new_checkout(command, scope, deps=deps)
    offered = await offer_providers(checkout, site, deps=deps)
    await check_customer_restrictions(checkout, checkout.customer_hashes, offered, deps=deps)

    async def work(tx: Tx) -> Checkout:
        deps.checkouts.insert(tx, checkout)
        emit_checkout_event(tx, checkout)
        return checkout

    operation = Operation(operation_id or new_operation_id(), checkout.id)
    try:
        return _answer(await deps.uow.run(work, operation=operation), deps=deps)
    except OperationReplayed as replay:
        known = await deps.checkouts.get(None, scope, replay.entity_id)
        if known is None:
            raise Conflict("this operation id belongs to another request", code="OPERATION_CONFLICT") from replay
        return _answer(known, deps=deps)


async def check_command(
    command: CreateCheckout, scope: Scope, own_site_id: str | None, *, deps: Deps
) -> tuple[CreateCheckout, SiteConfig]:
    """All rules on a command; the command in minor units and the site that it names.

    Raises:
        NotFound: no such site in this organization (or not the credential's own site).
        Invalid: a rule on a field is broken.
    """
    site = await _check_site(command, scope, own_site_id, deps=deps)
    check(command)
    in_minor = minor_checkout(command)
    if in_minor is not command:
        check(in_minor)  # other numbers, the same limits
    return in_minor, site


async def _check_site(command: CreateCheckout, scope: Scope, own_site_id: str | None, *, deps: Deps) -> SiteConfig:
    site = await deps.tenants.fetch_site(command.site_id) if is_object_id(command.site_id) else None
    if site is None or site.organization_id != scope.organization_id or own_site_id not in (None, site.id):
        raise site_not_found()
    unknown = set(command.allowed_provider_ids or ()) - set(site.provider_ids)
    if unknown:
        raise Invalid.field("allowedProviderIds", "names a provider that is not assigned to this site")
    return site


def new_checkout(command: CreateCheckout, scope: Scope, *, deps: Deps) -> Checkout:
    """A pending session made of a command that was checked."""
    now = deps.clock.now()
    ends = expiry(command.expire_in_hours, now)
    session_public_id, short_code = new_session_public_id(), new_short_code()

    def seal(field: str, text: str | None) -> object:
        return deps.cipher.seal(scope.organization_id, "checkouts", command.checkout_id, field, text)

    sealed = {
        "session_public_id": session_public_id,
        "short_code": short_code,
        "party": _party_text(command.party),
        "shipping": _party_text(command.shipping) if command.shipping else None,
        "return_url": command.return_url,
        "cancel_url": command.cancel_url,
        "ipn_url": command.ipn_url,
        "metadata": json.dumps(command.metadata) if command.metadata else None,
    }
    return Checkout(
        id=command.checkout_id,
        organization_id=scope.organization_id,
        livemode=scope.mode,
        site_id=command.site_id,
        session_hash=deps.cipher.session_hash(session_public_id),
        short_code_hash=deps.cipher.short_code_hash(short_code),
        status="pending",
        version=1,
        amount=command.amount,
        currency=command.currency,
        expires_at=ends,
        due_at=ends,
        created_at=now,
        updated_at=now,
        items=command.items,
        allowed_provider_ids=command.allowed_provider_ids,
        email_hash=deps.cipher.email_hash(scope.organization_id, command.party.email),
        country=command.party.country,
        other_email_hashes=_other_hashes(command, scope, deps=deps),
        amount_format=command.amount_format,
        **facts_of(command, SaleFacts),
        **{field: seal(field, text) for field, text in sealed.items()},  # type: ignore[arg-type]  # all encrypted values
    )


def _other_hashes(command: CreateCheckout, scope: Scope, *, deps: Deps) -> tuple[str, ...]:
    main = deps.cipher.email_hash(scope.organization_id, command.party.email)
    other = deps.cipher.email_hash(scope.organization_id, command.other_email)
    return (other,) if other is not None and other != main else ()


def _party_text(party: Party) -> str | None:
    """JSON of a buyer; None for one of whom nothing is known."""
    return party.wire_json().decode() if party != Party() else None


def _answer(checkout: Checkout, *, deps: Deps) -> CheckoutCreated:
    return CheckoutCreated(
        id=checkout.id,
        session_public_id=open_name(checkout, "session_public_id", cipher=deps.cipher),
        short_code=open_name(checkout, "short_code", cipher=deps.cipher),
        expires_at=checkout.expires_at,
    )
