"""Remove an account at a payment provider."""

from admin_api.tenancy.domain.records import next_version
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.versioned_records import PROVIDER, change_record
from gateway_contracts.actor import Actor


async def delete_provider(provider_id: str, *, actor: Actor, tenancy: Tenancy) -> None:
    """It is offered no more, its webhooks are refused and its credentials are gone.

    Raises:
        NotFound: not a provider of the actor's organization and mode.
    """
    await change_record(
        PROVIDER,
        provider_id,
        lambda before: next_version(before, deleted=True, enabled=False, secrets={}),
        actor=actor,
        action="provider.delete",
        tenancy=tenancy,
    )
