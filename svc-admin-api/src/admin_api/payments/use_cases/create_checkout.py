"""A merchant's server asks for a payment page."""

from collections.abc import Awaitable, Callable

from admin_api.payments.ports import Payments
from admin_api.payments.use_cases.describe_client import read_profile
from admin_api.payments.use_cases.read_buyer import known_client, with_tax_data
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.errors import not_found
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Invalid, NotFound, Transient
from gateway_contracts.requests.transaction import CREATE_CHECKOUT, CheckoutCreated, CreateCheckout
from gateway_contracts.rpc import Rpc

# A site or organization that was made a moment ago reaches svc-transaction through the configuration bucket.
PROPAGATION_TRIES = 10
PROPAGATION_PAUSE_S = 0.2


async def create_checkout(
    command: CreateCheckout,
    *,
    actor: Actor,
    attempt: Attempt,
    tenancy: Payments,
    rpc: Rpc,
    pause: Callable[[float], Awaitable[None]],
) -> CheckoutCreated:
    """Check what belongs to this service (site, client, providers), then hand over to the owner of checkouts.

    Raises:
        NotFound: not a site of the actor's organization.
        Invalid: unknown client or provider, or a rule of the owner.
        Transient: the owner does not answer; nothing is half-done, and the same key may be sent again.
    """
    site = await tenancy.sites.existing(actor.organization_id, command.site_id)
    if site is None:
        raise not_found("site")
    # From the site's own record: its owner may not know a change of a moment ago yet, and would read other money.
    command = command.model_copy(update={"amount_format": site.record.amount_format})
    command = await _with_client(command, actor, tenancy)
    for _ in range(PROPAGATION_TRIES):
        try:
            return await rpc.call(CREATE_CHECKOUT, command, actor=actor, operation_id=attempt.operation_id)
        except NotFound:
            await pause(PROPAGATION_PAUSE_S)
        except Transient as exc:
            if exc.code != "KEY_UNAVAILABLE":
                raise
            await pause(PROPAGATION_PAUSE_S)
    raise Transient("the site is new and not known everywhere yet", code="SITE_PROPAGATING", retry_after_s=1)


async def _with_client(command: CreateCheckout, actor: Actor, tenancy: Payments) -> CreateCheckout:
    """The command, checked, with the tax data of the client that it names."""
    if command.client_id is not None:
        client = await known_client(command.client_id, actor=actor, tenancy=tenancy)
        party = with_tax_data(command.party, read_profile(client, tenancy))
        command = command.model_copy(update={"party": party})
    for index, provider_id in enumerate(command.allowed_provider_ids or ()):
        provider = await tenancy.providers.existing(actor.organization_id, provider_id)
        if provider is None or provider.record.livemode != actor.livemode:
            raise Invalid.field(f"allowedProviderIds[{index}]", "no such provider", code="UNKNOWN_PROVIDER")
    return command
