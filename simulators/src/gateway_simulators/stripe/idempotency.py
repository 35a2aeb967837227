"""``Idempotency-Key``: the same key gives the same answer; with other parameters it is refused."""

import hashlib
import json
from typing import Final

from gateway_simulators.stripe.accounts import Caller
from gateway_simulators.stripe.errors import ApiError
from gateway_simulators.stripe.forms import Params
from gateway_simulators.stripe.store import Json, Store

KEY_LENGTH_MAX: Final = 255
KEPT_S: Final = 24 * 3600


class SavedAnswers:
    """Answers by account and key, for 24 hours."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, caller: Caller, key: str, fingerprint: str, now: int) -> Json | None:
        """The answer that the key already has, None for a new key.

        Raises:
            ApiError: the key is too long, or was used with another endpoint or other parameters.
        """
        if len(key) > KEY_LENGTH_MAX:
            raise ApiError(400, "Idempotency keys have at most 255 characters.", kind="idempotency_error")
        saved = self._store.get("answer", f"{caller.account}:{key}")
        if saved is None or saved["at"] + KEPT_S <= now:
            return None
        if saved["fingerprint"] != fingerprint:
            raise ApiError(
                400,
                "Keys for idempotent requests can only be used with the endpoint and the parameters that they were "
                f"first used with. Use another key than '{key}' if you mean a different request.",
                kind="idempotency_error",
            )
        return saved

    def keep(
        self, caller: Caller, key: str, fingerprint: str, *, at: int, status: int, body: Json, request: str
    ) -> None:
        """Remembers the answer."""
        answer = {"fingerprint": fingerprint, "at": at, "status": status, "body": body, "request": request}
        self._store.put("answer", f"{caller.account}:{key}", answer)


def fingerprint_of(method: str, path: str, params: Params) -> str:
    """What makes two requests the same."""
    canonical = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
