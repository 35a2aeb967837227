"""Make an API key; its text is told once."""

from dataclasses import dataclass, replace

from admin_api.domain.api_key import ApiKey
from admin_api.domain.idempotency import Attempt
from admin_api.domain.scopes import checked_scopes
from admin_api.errors import not_found
from admin_api.ports import Tenancy
from admin_api.use_cases.authenticate import HASH_PURPOSE
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Conflict
from gateway_contracts.events.tenancy import ApiKeyCreatedV1
from gateway_kit.crypto.api_keys import new_api_key
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx


@dataclass(frozen=True)
class NewApiKey:
    """What the key may do, and for whom."""

    organization_id: str
    label: str
    scopes: tuple[str, ...]
    livemode: bool


async def create_api_key(command: NewApiKey, *, actor: Actor, attempt: Attempt, tenancy: Tenancy) -> tuple[ApiKey, str]:
    """The key and its text.

    Raises:
        Invalid: an unknown scope.
        Forbidden: a scope that the actor does not hold.
        NotFound: there is no such organization.
        Conflict: this operation made a key long ago, whose text was told then.
    """
    scopes = checked_scopes(command.scopes, actor)
    if await tenancy.organizations.find(command.organization_id, command.organization_id) is None:
        raise not_found("organization")
    text = new_api_key("live" if command.livemode else "test", attempt.object_id)
    key = ApiKey(
        id=attempt.object_id,
        kind="organization",
        organization_id=command.organization_id,
        livemode=command.livemode,
        label=command.label,
        scopes=scopes,
        secret_hash=tenancy.keyring.keyed_hash(HASH_PURPOSE, str(text)),
        created_at=tenancy.clock.now(),
    )

    async def work(tx: Tx) -> ApiKey:
        await tenancy.api_keys.insert(tx, key)
        tx.emit(
            ApiKeyCreatedV1(object_id=key.id, occurred_at=tx.now),
            organization_id=key.organization_id,
            livemode=key.livemode,
            entity_id=key.id,
            sequence=key.version,
        )
        await tenancy.audit.note(tx, actor, "api_key.create", key.id)
        return key

    try:
        return await tenancy.uow.run(work, operation=Operation(attempt.operation_id, key.id)), str(text)
    except OperationReplayed as replay:
        if not attempt.is_resumed:
            raise Conflict(
                "this request made a key before; its text was shown then",
                code="API_KEY_ALREADY_CREATED",
                apiKeyId=replay.entity_id,
            ) from replay
    return await _with_new_secret(key, tenancy), str(text)


async def _with_new_secret(wanted: ApiKey, tenancy: Tenancy) -> ApiKey:
    """The first execution died before anybody saw the text that it made: this one takes its place."""

    async def work(tx: Tx) -> ApiKey:
        stored = await tenancy.api_keys.find_of(wanted.organization_id, wanted.id, tx)
        if stored is None:
            raise not_found("api key")
        after = replace(stored, secret_hash=wanted.secret_hash, version=stored.version + 1)
        await tenancy.api_keys.replace(tx, stored, after)
        return after

    return await tenancy.uow.run(work)
