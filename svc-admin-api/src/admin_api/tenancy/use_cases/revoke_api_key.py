"""End an API key."""

from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.find_api_key import find_api_key
from gateway_contracts.actor import Actor
from gateway_contracts.events.tenancy import ApiKeyRevokedV1
from gateway_kit.mongo.unit_of_work import Tx


async def revoke_api_key(organization_id: str, key_id: str, *, actor: Actor, tenancy: Tenancy) -> ApiKey:
    """The key, refused everywhere from the commit on. Revoking again changes nothing.

    Raises:
        NotFound: not a key of that organization.
    """

    async def work(tx: Tx) -> ApiKey:
        before = await find_api_key(organization_id, key_id, actor=actor, tenancy=tenancy, tx=tx)
        after = before.revoked(tx.now)
        if after is before:
            return before
        await tenancy.api_keys.replace(tx, before, after)
        if organization_id:
            tx.emit(
                ApiKeyRevokedV1(object_id=key_id, occurred_at=tx.now),
                organization_id=organization_id,
                livemode=after.livemode,
                entity_id=key_id,
                sequence=after.version,
            )
        await tenancy.audit.note(tx, actor, "api_key.revoke", key_id, organization_id=organization_id)
        return after

    return await tenancy.uow.run(work)
