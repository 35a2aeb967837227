"""Remove an API key and every trace of its secret."""

from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.find_api_key import find_api_key
from gateway_contracts.actor import Actor
from gateway_contracts.events.tenancy import ApiKeyRevokedV1
from gateway_kit.mongo.unit_of_work import Tx


async def delete_api_key(organization_id: str, key_id: str, *, actor: Actor, tenancy: Tenancy) -> None:
    """It is refused from the commit on, and gone; the audit log remembers that it was.

    Raises:
        NotFound: not a key of that organization.
    """

    async def work(tx: Tx) -> None:
        key = await find_api_key(organization_id, key_id, actor=actor, tenancy=tenancy, tx=tx)
        tenancy.api_keys.delete(tx, key)
        if organization_id and key.revoked_at is None:
            tx.emit(
                ApiKeyRevokedV1(object_id=key_id, occurred_at=tx.now),
                organization_id=organization_id,
                livemode=key.livemode,
                entity_id=key_id,
                sequence=key.version + 1,
            )
        await tenancy.audit.note(tx, actor, "api_key.delete", key_id, organization_id=organization_id)

    await tenancy.uow.run(work)
