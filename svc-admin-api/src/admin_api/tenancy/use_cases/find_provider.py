"""Which providers a caller may see."""

from admin_api.tenancy.domain.records import Kept
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import PROVIDER, find_record
from gateway_contracts.actor import Actor
from gateway_contracts.config import ProviderConfig


async def find_provider(provider_id: str, *, actor: Actor, tenancy: Tenancy) -> Kept[ProviderConfig]:
    """A provider of the actor's organization and mode.

    Raises:
        NotFound: there is none.
    """
    return await find_record(PROVIDER, provider_id, actor=actor, tenancy=tenancy)
