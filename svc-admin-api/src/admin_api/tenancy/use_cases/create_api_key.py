"""Create an API key; its text is shown once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from admin_api.shared.domain.audit import differences
from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.domain.scopes import checked_scopes
from admin_api.shared.errors import not_found
from admin_api.shared.use_cases.run_once import run_once
from admin_api.tenancy.domain.addresses import checked_networks
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.authenticate import HASH_PURPOSE
from admin_api.tenancy.use_cases.change_api_key import shown
from admin_api.tenancy.use_cases.find_grant import find_grant
from admin_api.tenancy.use_cases.rotate_api_key import put_unseen_secret
from gateway_contracts.actor import Actor, Role
from gateway_contracts.errors import Conflict, Invalid
from gateway_contracts.events.tenancy import ApiKeyCreatedV1
from gateway_kit.crypto.api_keys import new_api_key
from gateway_kit.mongo.unit_of_work import Operation, Tx


@dataclass(frozen=True)
class NewApiKey:
    """Rights, owner, addresses and expiry of a new key. A key without an organization is a system key."""

    organization_id: str
    label: str
    scopes: Sequence[str]
    livemode: bool
    ip_allow_list: Sequence[str] = ()
    expires_at: datetime | None = None
    role: Role = "admin"


async def create_api_key(command: NewApiKey, *, actor: Actor, attempt: Attempt, tenancy: Tenancy) -> tuple[ApiKey, str]:
    """The key and its text.

    Raises:
        Invalid: an unknown scope, a malformed network, an end in the past.
        Forbidden: the key could do what the actor may not.
        NotFound: there is no such organization.
        Conflict: this operation created a key long ago; its text was shown then.
    """
    organization_id = command.organization_id
    if organization_id and await tenancy.organizations.existing(organization_id, organization_id) is None:
        raise not_found("organization")
    key, text = _new_key(command, actor, attempt, tenancy)
    (await find_grant(actor, tenancy=tenancy)).check_key(key)

    async def work(tx: Tx) -> ApiKey:
        tenancy.api_keys.insert(tx, key)
        if organization_id:
            tx.emit(
                ApiKeyCreatedV1(object_id=key.id, occurred_at=tx.now),
                organization_id=organization_id,
                livemode=key.livemode,
                entity_id=key.id,
                sequence=key.version,
            )
        await tenancy.audit.note(
            tx, actor, "api_key.create", key.id, organization_id=organization_id, changes=differences({}, shown(key))
        )
        return key

    async def again(key_id: str) -> ApiKey:
        if not attempt.is_resumed:
            raise Conflict(
                "this request has created a key before; its text was shown then",
                code="API_KEY_ALREADY_CREATED",
                apiKeyId=key_id,
            )
        return await put_unseen_secret(organization_id, key_id, key.secret_hash, actor=actor, tenancy=tenancy)

    operation = Operation(attempt.operation_id, key.id)
    return await run_once(tenancy.uow, work, operation=operation, again=again), text


def _new_key(command: NewApiKey, actor: Actor, attempt: Attempt, tenancy: Tenancy) -> tuple[ApiKey, str]:
    is_system_key = not command.organization_id
    scopes = checked_scopes(command.scopes, actor, is_system_key=is_system_key)
    now = tenancy.clock.now()
    if command.expires_at is not None and command.expires_at <= now:
        raise Invalid.field("expiresAt", "must be in the future", code="EXPIRY_IN_THE_PAST")
    mode: Literal["sys", "live", "test"] = "sys" if is_system_key else "live" if command.livemode else "test"
    text = str(new_api_key(mode, attempt.object_id))
    key = ApiKey(
        id=attempt.object_id,
        kind="system" if is_system_key else "organization",
        organization_id=command.organization_id,
        livemode=command.livemode,
        label=command.label,
        scopes=scopes,
        secret_hash=tenancy.keyring.keyed_hash(HASH_PURPOSE, text),
        created_at=now,
        expires_at=command.expires_at,
        ip_allow_list=checked_networks(command.ip_allow_list),
        role=command.role,
    )
    return key, text
