"""Run a request once per idempotency key, and answer every repetition the same."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from admin_api.shared.domain.idempotency import (
    ANSWER_KEPT,
    LEASE,
    SECRET_ANSWER_KEPT,
    Answer,
    Attempt,
    Record,
    canonical,
    differing_fields,
    operation_id,
)
from gateway_contracts.actor import Actor
from gateway_contracts.clock import Clock
from gateway_contracts.errors import Conflict, GatewayError, Invalid, Rejected
from gateway_contracts.ids import new_object_id, new_operation_id
from gateway_kit.crypto.keyring import Keyring
from gateway_kit.mongo.global_store import GlobalStore

COLLECTION = "idempotency"
_BODY_FIELD = "body"
_HASH_PURPOSE = "idempotency"
_HELD = ("state", "owner")
"""Only the execution that holds the lease may change a record."""

Execute = Callable[[Attempt], Awaitable[Answer]]


@dataclass(frozen=True)
class IdempotentRequest:
    """A mutating request. ``operation`` is its method and path; ``payload`` its JSON body."""

    actor: Actor
    operation: str
    key: str | None
    payload: Mapping[str, Any]
    request_id: str


async def run_idempotently(
    request: IdempotentRequest, execute: Execute, *, records: GlobalStore[Record], keyring: Keyring, clock: Clock
) -> Answer:
    """The answer of the first execution, now or then.

    A key whose execution died is resumed under the same ids, so that owners recognize what they did already. Answers
    that were given before anything was executed (rejected, or the owner is absent) are not kept.

    Raises:
        Conflict: the first execution is still running.
        Invalid: the key was used with another payload.
        GatewayError: what ``execute`` raises.
    """
    if request.key is None:
        return await execute(Attempt(new_operation_id(), new_object_id()))
    mine = _new_record(request, keyring, clock)
    stored = await _claim(mine, records)
    attempt = Attempt(mine.id, mine.object_id)
    if stored is not None:
        _check_same(stored, mine)
        if stored.state == "done":
            return _replay(stored, keyring)
        mine = await _take_over(stored, mine, records, clock)
        attempt = Attempt(mine.id, mine.object_id, is_resumed=True)
    return await _execute(attempt, mine, execute, records=records, keyring=keyring, clock=clock)


def _new_record(request: IdempotentRequest, keyring: Keyring, clock: Clock) -> Record:
    now = clock.now()
    # Keyed hashes: the payload holds e-mail addresses, which a plain hash would not hide.
    fields = {name: keyring.keyed_hash(_HASH_PURPOSE, canonical(value))[:32] for name, value in request.payload.items()}
    return Record(
        id=operation_id(request.actor, request.operation, request.key or ""),
        organization_id=request.actor.organization_id,
        fingerprint=keyring.keyed_hash(_HASH_PURPOSE, canonical(dict(request.payload))),
        field_hashes=fields,
        object_id=new_object_id(),
        owner=f"{request.request_id}:{secrets.token_hex(8)}",
        lease_until=now + LEASE,
        request_id=request.request_id,
        created_at=now,
        expires_at=now + ANSWER_KEPT,
    )


def _check_same(stored: Record, mine: Record) -> None:
    if stored.fingerprint == mine.fingerprint:
        return
    fields = differing_fields(stored.field_hashes, mine.field_hashes)
    raise Invalid(
        "this Idempotency-Key was used with another payload",
        code="IDEMPOTENCY_KEY_REUSED",
        originalRequestId=stored.request_id,
        differingFields=fields,
    )


def _replay(stored: Record, keyring: Keyring) -> Answer:
    body = b"" if stored.body is None else keyring.decrypt_system(stored.body, COLLECTION, stored.id, _BODY_FIELD)
    return Answer(status=stored.status or 200, body=body, is_replay=True)


async def _claim(mine: Record, records: GlobalStore[Record]) -> Record | None:
    """Store it; None when it is new, else the one that is there."""
    while not await records.now.insert(mine):
        # None: collected in this very moment, as if it had never been there.
        if (stored := await records.get(None, mine.id)) is not None:
            return stored
    return None


async def _take_over(stored: Record, mine: Record, records: GlobalStore[Record], clock: Clock) -> Record:
    resumed = mine.changed(object_id=stored.object_id, created_at=stored.created_at, expires_at=stored.expires_at)
    is_running = clock.now() < stored.lease_until
    if is_running or not await records.now.replace(stored, resumed, guard=(*_HELD, "lease_until")):
        raise Conflict(
            "the first request with this Idempotency-Key is still running",
            code="IDEMPOTENCY_IN_PROGRESS",
            retry_after_s=1,
            originalRequestId=stored.request_id,
        )
    return resumed


async def _execute(
    attempt: Attempt,
    mine: Record,
    execute: Execute,
    *,
    records: GlobalStore[Record],
    keyring: Keyring,
    clock: Clock,
) -> Answer:
    try:
        answer = await execute(attempt)
    except Rejected:
        # Nothing was executed; the caller may correct the request and use the key again.
        await records.now.delete(mine, guard=_HELD)
        raise
    except GatewayError:
        # The owner is absent, or the outcome is unknown: a repetition resumes under the same ids.
        await records.now.replace(mine, mine.changed(lease_until=clock.now()), guard=_HELD)
        raise
    kept = SECRET_ANSWER_KEPT if answer.has_secret else ANSWER_KEPT
    finished = mine.changed(
        state="done",
        status=answer.status,
        body=keyring.encrypt_system(COLLECTION, mine.id, _BODY_FIELD, answer.body),
        expires_at=mine.created_at + kept,
    )
    await records.now.replace(mine, finished, guard=_HELD)
    return answer
