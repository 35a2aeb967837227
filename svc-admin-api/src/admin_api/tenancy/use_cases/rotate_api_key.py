"""Give an API key a new secret; its id stays."""

from datetime import timedelta

from admin_api.shared.domain.idempotency import Attempt
from admin_api.shared.use_cases.run_once import run_once
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.authenticate import HASH_PURPOSE
from admin_api.tenancy.use_cases.change_api_key import change_api_key
from admin_api.tenancy.use_cases.find_api_key import find_usable_key
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Conflict
from gateway_kit.crypto.api_keys import new_api_key
from gateway_kit.mongo.unit_of_work import Operation, Tx


async def rotate_api_key(
    organization_id: str, key_id: str, *, overlap: timedelta, actor: Actor, attempt: Attempt, tenancy: Tenancy
) -> tuple[ApiKey, str]:
    """The key and its new text; the old text is accepted for the overlap.

    Raises:
        NotFound: not a key of that organization.
        Forbidden: the key may do what the actor may not.
        Conflict: it is revoked, or this operation rotated it long ago.
    """
    known = await find_usable_key(organization_id, key_id, actor=actor, tenancy=tenancy)
    text = new_api_key(known.mode, key_id)
    text_hash = tenancy.keyring.keyed_hash(HASH_PURPOSE, str(text))

    async def rotate(tx: Tx) -> ApiKey:
        return await change_api_key(
            tx,
            organization_id,
            key_id,
            lambda before, now: before.rotated(text_hash, now=now, overlap=overlap),
            actor=actor,
            action="api_key.rotate",
            tenancy=tenancy,
            facts={"overlapHours": int(overlap / timedelta(hours=1))},
        )

    async def again(_key_id: str) -> ApiKey:
        if not attempt.is_resumed:
            raise Conflict("this request has rotated the key before", code="API_KEY_ALREADY_ROTATED")
        return await put_unseen_secret(organization_id, key_id, text_hash, actor=actor, tenancy=tenancy)

    operation = Operation(attempt.operation_id, key_id)
    return await run_once(tenancy.uow, rotate, operation=operation, again=again), str(text)


async def put_unseen_secret(
    organization_id: str, key_id: str, text_hash: str, *, actor: Actor, tenancy: Tenancy
) -> ApiKey:
    """Replace a secret whose text no caller got, because the execution that made it died."""

    async def work(tx: Tx) -> ApiKey:
        return await change_api_key(
            tx,
            organization_id,
            key_id,
            lambda before, _now: before.changed(secret_hash=text_hash),
            actor=actor,
            action=None,
            tenancy=tenancy,
        )

    return await tenancy.uow.run(work)
