"""Give an API key a new secret; its id stays."""

from dataclasses import replace
from datetime import timedelta

from admin_api.shared.domain.audit import differences
from admin_api.shared.domain.idempotency import Attempt
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.ports import Tenancy
from admin_api.tenancy.use_cases.authenticate import HASH_PURPOSE
from admin_api.tenancy.use_cases.find_api_key import find_usable_key
from gateway_contracts.actor import Actor
from gateway_contracts.errors import Conflict
from gateway_kit.crypto.api_keys import new_api_key
from gateway_kit.mongo.unit_of_work import Operation, OperationReplayed, Tx


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
        before = await find_usable_key(organization_id, key_id, actor=actor, tenancy=tenancy, tx=tx)
        after = before.rotated(text_hash, now=tx.now, overlap=overlap)
        await tenancy.api_keys.replace(tx, before, after)
        await tenancy.audit.note(
            tx,
            actor,
            "api_key.rotate",
            key_id,
            organization_id=organization_id,
            changes=differences({}, {"overlapHours": int(overlap / timedelta(hours=1))}),
        )
        return after

    async def replace_unseen(tx: Tx) -> ApiKey:
        before = await find_usable_key(organization_id, key_id, actor=actor, tenancy=tenancy, tx=tx)
        after = replace(before, secret_hash=text_hash, version=before.version + 1)
        await tenancy.api_keys.replace(tx, before, after)
        return after

    try:
        return await tenancy.uow.run(rotate, operation=Operation(attempt.operation_id, key_id)), str(text)
    except OperationReplayed as replay:
        if not attempt.is_resumed:
            raise Conflict("this request rotated the key before", code="API_KEY_ALREADY_ROTATED") from replay
    # The first execution died before anybody saw the text that it made.
    return await tenancy.uow.run(replace_unseen), str(text)
