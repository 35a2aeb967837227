"""The next version of an API key: guarded write, event where it ends, audit entry."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from admin_api.shared.domain.audit import differences
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.find_api_key import find_usable_key
from admin_api.tenancy.use_cases.find_grant import find_grant
from gateway_contracts.actor import Actor
from gateway_contracts.events.tenancy import ApiKeyRevokedV1
from gateway_kit.mongo.unit_of_work import Tx

Change = Callable[[ApiKey, datetime], ApiKey]
Find = Callable[..., Awaitable[ApiKey]]


async def change_api_key(
    tx: Tx,
    organization_id: str,
    key_id: str,
    change: Change,
    *,
    actor: Actor,
    action: str | None,
    tenancy: Tenancy,
    find: Find = find_usable_key,
    facts: Mapping[str, Any] | None = None,
) -> ApiKey:
    """Apply ``change`` within a transaction; the same key as the result means that nothing changes.

    Args:
        action: of the audit entry; None where the change completes one that was noted before.
        find: reads the key and checks that the actor may change it.
        facts: what the audit entry says beside the changed fields.

    Raises:
        NotFound, Conflict, Forbidden: see ``find``; also a key that could do more than the actor.
    """
    before = await find(organization_id, key_id, actor=actor, tenancy=tenancy, tx=tx)
    after = change(before, tx.now)
    if after is before:
        return before
    if shown(after) != shown(before):
        (await find_grant(actor, tenancy=tenancy, tx=tx)).check_key(after)
    after = tenancy.api_keys.replace(tx, before, after)
    if organization_id and after.revoked_at != before.revoked_at:
        tx.emit(
            ApiKeyRevokedV1(object_id=key_id, occurred_at=tx.now),
            organization_id=organization_id,
            livemode=after.livemode,
            entity_id=key_id,
            sequence=after.version,
        )
    if action is not None:
        changes = {**differences(shown(before), shown(after)), **differences({}, facts or {})}
        await tenancy.audit.note(tx, actor, action, key_id, organization_id=organization_id, changes=changes)
    return after


def shown(key: ApiKey) -> dict[str, Any]:
    """The fields that the audit log compares."""
    return {
        "label": key.label,
        "scopes": key.scopes,
        "ipAllowList": key.ip_allow_list,
        "expiresAt": key.expires_at,
        "role": key.role,
        "livemode": key.livemode,
    }
