"""Who is it that presents this key?"""

from admin_api.domain.api_key import ApiKey
from admin_api.domain.refusal import Reason, Refusal, Refusals
from admin_api.errors import address_not_allowed, invalid_api_key
from admin_api.ports import ApiKeyStore
from gateway_contracts.actor import Actor
from gateway_contracts.clock import Clock
from gateway_kit.context import request_id
from gateway_kit.crypto.api_keys import parse_api_key
from gateway_kit.crypto.keyring import Keyring

HASH_PURPOSE = "api_key"
_BEARER = "bearer "


async def authenticate(
    authorization: str | None, *, address: str, keys: ApiKeyStore, keyring: Keyring, clock: Clock, refusals: Refusals
) -> Actor:
    """The actor behind an ``Authorization`` header that came from ``address``.

    The key is read every time: one that was revoked a moment ago, in whatever process, is refused. Why one is refused
    goes to ``refusals``; who presents it learns nothing of it.

    Raises:
        Unauthenticated: no key, or not a valid one.
        Forbidden: a valid one that may not be used from there.
    """
    if authorization is None or not authorization.lower().startswith(_BEARER):
        raise invalid_api_key()
    presented = parse_api_key(authorization[len(_BEARER) :].strip())
    if presented is None:
        refusals.note(_refusal("malformed", None, address))
        raise invalid_api_key()
    now = clock.now()
    key = await keys.find(presented.key_id)
    text_hash = keyring.keyed_hash(HASH_PURPOSE, str(presented))
    reason: Reason | None = "unknown"
    if key is not None:
        reason = "wrong_secret" if key.mode != presented.mode else key.refusal(text_hash, now)
    if key is None or reason is not None:
        refusals.note(_refusal(reason or "unknown", key, address))
        raise invalid_api_key()
    if not key.is_allowed_from(address):
        refusals.note(_refusal("address_not_allowed", key, address))
        raise address_not_allowed()
    if key.is_use_worth_noting(now):
        await keys.note_use(key.id, now)
    return key.actor(key.valid_until(text_hash))


def _refusal(reason: Reason, key: ApiKey | None, address: str) -> Refusal:
    if key is None:
        return Refusal(reason, address=address, request_id=request_id.get())
    return Refusal(reason, key.id, key.organization_id, key.livemode, address, request_id.get())
