"""End an API key."""

from admin_api.domain.api_key import ApiKey
from admin_api.errors import not_found
from admin_api.ports import KeyCache, Tenancy
from gateway_contracts.actor import Actor
from gateway_contracts.events.tenancy import ApiKeyRevokedV1
from gateway_kit.mongo.unit_of_work import Tx


async def revoke_api_key(
    organization_id: str, key_id: str, *, actor: Actor, tenancy: Tenancy, cache: KeyCache
) -> ApiKey:
    """The key, revoked: here at once, in other processes within a second. Revoking again changes nothing.

    Raises:
        NotFound: not a key of that organization.
    """

    async def work(tx: Tx) -> ApiKey:
        before = await tenancy.api_keys.find_of(organization_id, key_id, tx)
        if before is None:
            raise not_found("api key")
        after = before.revoked(tx.now)
        if after is before:
            return before
        await tenancy.api_keys.replace(tx, before, after)
        tx.emit(
            ApiKeyRevokedV1(object_id=key_id, occurred_at=tx.now),
            organization_id=organization_id,
            livemode=after.livemode,
            entity_id=key_id,
            sequence=after.version,
        )
        await tenancy.audit.note(tx, actor, "api_key.revoke", key_id)
        return after

    key = await tenancy.uow.run(work)
    cache.drop(key_id)
    return key
