"""End an API key."""

from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.change_api_key import change_api_key
from admin_api.tenancy.use_cases.find_api_key import find_api_key
from gateway_contracts.actor import Actor
from gateway_kit.mongo.unit_of_work import Tx


async def revoke_api_key(organization_id: str, key_id: str, *, actor: Actor, tenancy: Tenancy) -> ApiKey:
    """The key, refused everywhere from the commit on. Revoking again changes nothing.

    Raises:
        NotFound: not a key of that organization.
    """

    async def work(tx: Tx) -> ApiKey:
        return await change_api_key(
            tx,
            organization_id,
            key_id,
            ApiKey.revoked,
            actor=actor,
            action="api_key.revoke",
            tenancy=tenancy,
            find=find_api_key,
        )

    return await tenancy.uow.run(work)
