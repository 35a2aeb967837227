"""Idempotency keys: the same key gives the same answer; what else happens is the provider's business."""

import hashlib
import json
from typing import Any

from gateway_simulators.store import Json, Store


class KeyReused(Exception):
    """The key was used with another endpoint or other parameters; providers have their own words for it."""


class SavedAnswers:
    """Answers by account and key.

    Args:
        kept_s: how long the provider remembers, in seconds.
    """

    def __init__(self, store: Store, kept_s: float = 24 * 3600) -> None:
        self._store = store
        self._kept_s = kept_s

    def find(self, account: str, key: str, fingerprint: str, now: float) -> Json | None:
        """The answer that the key already has, None for a new or forgotten key.

        Raises:
            KeyReused: it belongs to another request.
        """
        saved = self._store.get("answer", f"{account}:{key}")
        if saved is None or saved["at"] + self._kept_s <= now:
            return None
        if saved["fingerprint"] != fingerprint:
            raise KeyReused(key)
        return saved

    def keep(self, account: str, key: str, fingerprint: str, at: float, answer: Json) -> None:
        """Remembers the answer: whatever a replay shows."""
        self._store.put("answer", f"{account}:{key}", {**answer, "fingerprint": fingerprint, "at": at})


def fingerprint_of(method: str, path: str, params: Any) -> str:
    """Fingerprint by which two requests are the same."""
    canonical = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
