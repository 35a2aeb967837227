"""Limits of unsigned thin events: each becomes an event and a call to the provider."""

import secrets
from typing import Final

from gateway_contracts.errors import RateLimited
from gateway_kit.limits.buckets import Buckets, Decision, Policy
from gateway_providers.events import Sender

OF_SENDER: Final = Policy("hints-of-sender", 200, 20.0)
"""Of one address about one account."""
OF_ACCOUNT: Final = Policy("hints-of-account", 1_000, 100.0)
"""About one account, from wherever."""
POLICIES: Final = (OF_SENDER, OF_ACCOUNT)


class ThinEventBuckets:
    """Buckets of this process; a restart empties them, which only lets a burst more through."""

    def __init__(self, buckets: Buckets | None = None) -> None:
        # Empty buckets are false, so they are asked for by identity.
        self._buckets = Buckets(POLICIES, secret=secrets.token_bytes(32)) if buckets is None else buckets

    def admit(self, account_id: str, sender: Sender) -> None:
        """See the port."""
        _require(self._buckets.take(OF_SENDER, f"{account_id} {sender.lane}"))
        # Only afterwards: what one address sends too much costs the account nothing.
        _require(self._buckets.take(OF_ACCOUNT, account_id))


def _require(decision: Decision) -> None:
    if not decision.is_allowed:
        raise RateLimited("too many unsigned thin events", retry_after_s=decision.retry_after_s)
