"""How many messages of one organization leave in a minute."""

import secrets
import time
from collections.abc import Callable
from typing import Final

from gateway_kit.limits.buckets import Buckets, Policy

_NAME: Final = "sendings"


class SendingPace:
    """See the port. Each process counts by itself."""

    def __init__(self, per_minute: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._policy = Policy.per_minute(_NAME, per_minute)
        self._buckets = Buckets((self._policy,), secret=secrets.token_bytes(16), monotonic=monotonic)

    def has_room(self, organization_id: str) -> bool:
        return self._buckets.remaining(self._policy, organization_id) > 0

    def note(self, organization_id: str) -> None:
        self._buckets.take(self._policy, organization_id)
