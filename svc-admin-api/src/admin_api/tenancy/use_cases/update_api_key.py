"""Change what an API key may do, from where and until when."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from admin_api.shared.domain.audit import differences
from admin_api.shared.domain.scopes import checked_scopes
from admin_api.tenancy.domain.addresses import checked_networks
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.find_api_key import find_usable_key
from admin_api.tenancy.use_cases.find_grant import find_grant
from gateway_contracts.actor import Actor
from gateway_kit.mongo.unit_of_work import Tx


@dataclass(frozen=True)
class ApiKeyChanges:
    """What shall be different; ``given`` names the fields that were given, others stay."""

    given: frozenset[str]
    label: str | None = None
    scopes: tuple[str, ...] | None = None
    ip_allow_list: tuple[str, ...] | None = None
    expires_at: datetime | None = None


async def update_api_key(
    organization_id: str, key_id: str, changes: ApiKeyChanges, *, actor: Actor, tenancy: Tenancy
) -> ApiKey:
    """The key as it is from the next request on.

    Raises:
        NotFound: not a key of that organization.
        Conflict: it is revoked.
        Invalid: an unknown scope or a malformed network.
        Forbidden: the key could do, before or after, what the actor may not.
    """

    async def work(tx: Tx) -> ApiKey:
        before = await find_usable_key(organization_id, key_id, actor=actor, tenancy=tenancy, tx=tx)
        after = replace(before, **_wanted(changes, before, actor), version=before.version + 1)
        (await find_grant(actor, tenancy=tenancy, tx=tx)).check_key(after)
        await tenancy.api_keys.replace(tx, before, after)
        await tenancy.audit.note(
            tx,
            actor,
            "api_key.update",
            key_id,
            organization_id=organization_id,
            changes=differences(shown(before), shown(after)),
        )
        return after

    return await tenancy.uow.run(work)


def shown(key: ApiKey) -> dict[str, Any]:
    """What the audit log compares."""
    return {
        "label": key.label,
        "scopes": key.scopes,
        "ipAllowList": key.ip_allow_list,
        "expiresAt": key.expires_at,
        "role": key.role,
        "livemode": key.livemode,
    }


def _wanted(changes: ApiKeyChanges, before: ApiKey, actor: Actor) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if changes.label is not None:
        wanted["label"] = changes.label
    if changes.scopes is not None:
        wanted["scopes"] = checked_scopes(changes.scopes, actor, is_system_key=before.kind == "system")
    if "ip_allow_list" in changes.given:
        wanted["ip_allow_list"] = checked_networks(changes.ip_allow_list or ())
    if "expires_at" in changes.given:
        wanted["expires_at"] = changes.expires_at
    return wanted
