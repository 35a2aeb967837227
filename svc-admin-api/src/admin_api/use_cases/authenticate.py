"""Who is it that presents this key?"""

from admin_api.domain.api_key import ApiKey
from admin_api.errors import invalid_api_key
from admin_api.ports import ApiKeyStore, KeyCache
from gateway_contracts.actor import Actor
from gateway_contracts.clock import Clock
from gateway_kit.crypto.api_keys import parse_api_key
from gateway_kit.crypto.keyring import Keyring

HASH_PURPOSE = "api_key"
_BEARER = "bearer "


async def authenticate(
    authorization: str | None, *, keys: ApiKeyStore, cache: KeyCache, keyring: Keyring, clock: Clock
) -> Actor:
    """The actor behind an ``Authorization`` header.

    Raises:
        Unauthenticated: no key, or not a valid one.
    """
    if authorization is None or not authorization.lower().startswith(_BEARER):
        raise invalid_api_key()
    presented = parse_api_key(authorization[len(_BEARER) :].strip())
    if presented is None:
        raise invalid_api_key()
    now = clock.now()
    key = await _known(presented.key_id, keys, cache)
    text_hash = keyring.keyed_hash(HASH_PURPOSE, str(presented))
    if key is None or key.mode != presented.mode or not key.accepts(text_hash, now):
        raise invalid_api_key()
    if key.is_use_worth_noting(now):
        cache.drop(key.id)
        await keys.note_use(key.id, now)
    return key.actor()


async def _known(key_id: str, keys: ApiKeyStore, cache: KeyCache) -> ApiKey | None:
    is_cached, key = cache.get(key_id)
    if not is_cached:
        key = await keys.find(key_id)
        cache.put(key_id, key)
    return key
