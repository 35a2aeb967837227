"""Change what an API key may do, from where and until when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from admin_api.shared.domain.scopes import checked_scopes
from admin_api.tenancy.domain.addresses import checked_networks
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.change_api_key import change_api_key
from gateway_contracts.actor import Actor
from gateway_kit.mongo.unit_of_work import Tx


async def update_api_key(
    organization_id: str, key_id: str, changes: Mapping[str, Any], *, actor: Actor, tenancy: Tenancy
) -> ApiKey:
    """The key as it is from the next request on; fields that ``changes`` does not name stay.

    Raises:
        NotFound: not a key of that organization.
        Conflict: it is revoked.
        Invalid: an unknown scope or a malformed network.
        Forbidden: the key could do, before or after, what the actor may not.
    """

    def change(before: ApiKey, _now: datetime) -> ApiKey:
        return before.changed(**_wanted(changes, before, actor))

    async def work(tx: Tx) -> ApiKey:
        return await change_api_key(
            tx, organization_id, key_id, change, actor=actor, action="api_key.update", tenancy=tenancy
        )

    return await tenancy.uow.run(work)


def _wanted(changes: Mapping[str, Any], before: ApiKey, actor: Actor) -> dict[str, Any]:
    wanted = dict(changes)
    if "scopes" in changes:
        wanted["scopes"] = checked_scopes(changes["scopes"], actor, is_system_key=before.kind == "system")
    if "ip_allow_list" in changes:
        wanted["ip_allow_list"] = checked_networks(changes["ip_allow_list"] or ())
    return wanted
