"""The limits of the caller, as they are now."""

from admin_api.shared.domain.roles import INSTALLATION, scope_of
from admin_api.shared.errors import invalid_api_key
from admin_api.tenancy.domain.grants import Grant, has_key
from admin_api.tenancy.ports import Tenancy
from gateway_contracts.actor import Actor
from gateway_kit.mongo.unit_of_work import Tx


async def find_grant(actor: Actor, *, tenancy: Tenancy, tx: Tx | None = None) -> Grant:
    """
    Raises:
        Unauthenticated: the caller's key is gone.
    """
    if not has_key(actor):
        return Grant(actor)
    # A key of the installation may name any organization in the path; it is stored under none.
    owner = INSTALLATION if actor.kind == "system_key" else actor.organization_id
    key = await tenancy.api_keys.get(tx, scope_of(owner), actor.subject_id)
    if key is None:
        raise invalid_api_key()
    ends = [end for end in (actor.until, key.expires_at) if end is not None]
    return Grant(actor, key.ip_allow_list, min(ends, default=None))
