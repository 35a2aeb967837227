"""Switch a provider on or off."""

from admin_api.shared.domain.idempotency import Attempt
from admin_api.tenancy.domain.records import Kept, next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import PROVIDER, change_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import ProviderConfig


async def toggle_provider(
    provider_id: str, enabled: bool | None, *, actor: Actor, attempt: Attempt, tenancy: Tenancy
) -> Kept[ProviderConfig]:
    """Set it to ``enabled``, or to the opposite of what it is.

    Raises:
        NotFound: not a provider of the actor's organization and mode.
    """
    return await change_record(
        PROVIDER,
        provider_id,
        lambda before: next_version(before, enabled=(not before.enabled) if enabled is None else enabled),
        actor=actor,
        action="provider.toggle",
        tenancy=tenancy,
        attempt=attempt,
    )
