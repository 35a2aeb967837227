"""Which API keys a caller may see and manage."""

from admin_api.shared.domain.roles import scope_of
from admin_api.shared.errors import not_found
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.find_grant import find_grant
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Conflict
from gateway_kit.mongo.unit_of_work import Tx


async def find_api_key(
    organization_id: str, key_id: str, *, actor: Actor, tenancy: Tenancy, tx: Tx | None = None
) -> ApiKey:
    """A key of that organization (of the installation for ""); a key sees only keys of its own mode.

    Raises:
        NotFound: there is none for this caller.
    """
    key = await tenancy.api_keys.get(tx, scope_of(organization_id), key_id)
    if key is None or (actor.kind == "api_key" and key.livemode != actor.livemode):
        raise not_found("api key")
    return key


async def find_usable_key(
    organization_id: str, key_id: str, *, actor: Actor, tenancy: Tenancy, tx: Tx | None = None
) -> ApiKey:
    """Find a key for taking it over: no actor gains rights by it, and a revoked key stays revoked.

    Raises:
        NotFound: there is none for this caller.
        Forbidden: the key may do what the actor may not.
        Conflict: it is revoked.
    """
    key = await find_api_key(organization_id, key_id, actor=actor, tenancy=tenancy, tx=tx)
    (await find_grant(actor, tenancy=tenancy, tx=tx)).check_key(key)
    if key.revoked_at is not None:
        raise Conflict("the key is revoked", code="API_KEY_REVOKED")
    return key
