"""Identify the caller by an API key."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from admin_api.shared.domain.refusal import Reason, Refusal, Refusals
from admin_api.shared.errors import address_not_allowed, invalid_api_key
from admin_api.tenancy.domain.api_key import ApiKey
from admin_api.tenancy.domain.key_memory import KeyMemory
from admin_api.tenancy.store.api_keys import ApiKeys
from gateway_contracts.actor import Actor
from gateway_contracts.clock import Clock
from gateway_kit.context import request_id
from gateway_kit.crypto.api_keys import ApiKeyText, parse_api_key
from gateway_kit.crypto.keyring import Keyring

HASH_PURPOSE = "api_key"
_BEARER = "bearer "


class LookUps(Protocol):
    """How many keys of unknown worth an address may have looked up."""

    async def of(self, address: str, text_hash: str, read: Callable[[], Awaitable[ApiKey | None]]) -> ApiKey | None:
        """The result of ``read``, begun after this call; requests with the same text at the same moment share it.

        Raises:
            RateLimited: too many keys from there were wrong.
            Transient: too many are looked up at this moment.
        """
        ...


async def authenticate(
    authorization: str | None,
    *,
    address: str,
    keys: ApiKeys,
    keyring: Keyring,
    clock: Clock,
    refusals: Refusals,
    memory: KeyMemory,
    look_ups: LookUps,
) -> Actor:
    """The actor behind an ``Authorization`` header that came from ``address``.

    A key that may be right is read every time: one that was revoked a moment ago, in whatever process, is refused. A
    text that was wrong a moment ago is not read again, and how many texts of unknown worth an address has looked up is
    limited before they are. Why one is refused goes to ``refusals``; who presents it learns nothing of it.

    Raises:
        Unauthenticated: no key, or not a valid one.
        Forbidden: a valid one that may not be used from there.
        RateLimited: too many keys from this address were wrong, and this one is not known.
    """
    if authorization is None or not authorization.lower().startswith(_BEARER):
        raise invalid_api_key()
    presented = parse_api_key(authorization[len(_BEARER) :].strip())
    if presented is None:
        refusals.note(_refusal("malformed", None, address))
        raise invalid_api_key()
    now = clock.now()
    text_hash = keyring.keyed_hash(HASH_PURPOSE, str(presented))
    if (refused := memory.refusal(text_hash, now)) is not None:
        refusals.note(replace(refused, address=address, request_id=request_id.get()))
        raise invalid_api_key()
    read = functools.partial(keys.presented, presented.key_id)
    key = await (read() if memory.is_known(text_hash) else look_ups.of(address, text_hash, read))
    reason = _reason(key, presented, key.refusal(text_hash, now) if key else None)
    if key is None or reason is not None:
        refusal = _refusal(reason or "unknown", key, address)
        memory.refuse(text_hash, refusal, now)
        refusals.note(refusal)
        raise invalid_api_key()
    memory.accept(text_hash)
    if not key.is_allowed_from(address):
        refusals.note(_refusal("address_not_allowed", key, address))
        raise address_not_allowed()
    if key.is_use_worth_noting(now):
        await keys.note_use(key, now)
    return key.actor(key.valid_until(text_hash))


def _reason(key: ApiKey | None, presented: ApiKeyText, refusal: Reason | None) -> Reason | None:
    if key is None:
        return "unknown"
    return "wrong_secret" if key.mode != presented.mode else refusal


def _refusal(reason: Reason, key: ApiKey | None, address: str) -> Refusal:
    if key is None:
        return Refusal(reason, address=address, request_id=request_id.get())
    return Refusal(reason, key.id, key.organization_id, key.livemode, address, request_id.get())
