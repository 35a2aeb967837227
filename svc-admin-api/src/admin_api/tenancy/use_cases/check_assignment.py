"""Only an organization's own providers can be assigned to its sites, and live ones not by a test key."""

from collections.abc import Sequence

from admin_api.shared.domain.effects import is_test_key, live_key_required
from admin_api.tenancy.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Invalid


async def check_assignment(
    provider_ids: Sequence[str],
    default_provider_id: str | None,
    *,
    actor: Actor,
    tenancy: Tenancy,
    assigned: Sequence[str] = (),
) -> None:
    """
    Args:
        assigned: those that the site offers already; naming them again is no change.

    Raises:
        Invalid: an unknown provider, or a default that is not assigned.
        Forbidden: a test key names a live provider that the site does not offer.
    """
    for index, provider_id in enumerate(provider_ids):
        kept = await tenancy.providers.existing(actor.organization_id, provider_id)
        if kept is None:
            raise Invalid.field(f"providerIds[{index}]", "no such provider", code="UNKNOWN_PROVIDER")
        if is_test_key(actor) and kept.record.livemode and provider_id not in assigned:
            raise live_key_required(f"providerIds[{index}]")
    if default_provider_id is not None and default_provider_id not in provider_ids:
        raise Invalid.field("defaultProviderId", "must be one of providerIds", code="UNKNOWN_PROVIDER")
