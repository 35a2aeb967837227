"""Only an organization's own providers can be assigned to its sites."""

from collections.abc import Sequence

from admin_api.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Invalid


async def check_assignment(
    provider_ids: Sequence[str], default_provider_id: str | None, *, actor: Actor, tenancy: Tenancy
) -> None:
    """
    Raises:
        Invalid: an unknown provider, or a default that is not assigned.
    """
    for index, provider_id in enumerate(provider_ids):
        if await tenancy.providers.find(actor.organization_id, provider_id) is None:
            raise Invalid.field(f"providerIds[{index}]", "no such provider", code="UNKNOWN_PROVIDER")
    if default_provider_id is not None and default_provider_id not in provider_ids:
        raise Invalid.field("defaultProviderId", "must be one of providerIds", code="UNKNOWN_PROVIDER")
