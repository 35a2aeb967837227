"""API keys in memory for a moment."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from admin_api.domain.api_key import ApiKey

LIFETIME_S: Final = 0.8
"""A revoked key is refused everywhere within a second."""
ENTRIES_MAX: Final = 10_000


class RecentKeys:
    """The last looked-up keys, unknown ids included, so that a flood of wrong keys does not reach the database."""

    def __init__(
        self,
        *,
        lifetime_s: float = LIFETIME_S,
        entries_max: int = ENTRIES_MAX,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifetime_s = lifetime_s
        self._entries_max = entries_max
        self._now = now
        self._entries: OrderedDict[str, tuple[float, ApiKey | None]] = OrderedDict()

    def get(self, key_id: str) -> tuple[bool, ApiKey | None]:
        entry = self._entries.get(key_id)
        if entry is None or self._now() - entry[0] > self._lifetime_s:
            return False, None
        return True, entry[1]

    def put(self, key_id: str, key: ApiKey | None) -> None:
        self._entries.pop(key_id, None)
        self._entries[key_id] = (self._now(), key)
        if len(self._entries) > self._entries_max:
            self._entries.popitem(last=False)

    def drop(self, key_id: str) -> None:
        self._entries.pop(key_id, None)
