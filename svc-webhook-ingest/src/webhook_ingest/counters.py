"""Counters of webhooks: one log line a minute, and only when something happened."""

import asyncio
from collections import Counter
from dataclasses import asdict

from gateway_kit.logging import get_logger
from gateway_kit.nats.batch import BatchStats

log = get_logger(__name__)

INTERVAL_S = 60.0
# Refusals that are logged one by one in an interval; the rest are only counted, so that a flood does not fill disks.
REFUSALS_LOGGED_MAX = 100

# The logger hides whatever is named after a signature.
_REFUSED = {"WEBHOOK_SIGNATURE_INVALID": "not_genuine"}


class Counters:
    """Counts since the last line."""

    def __init__(self, publisher: BatchStats) -> None:
        self._publisher = publisher
        self._reported = BatchStats()
        self._counts: Counter[str] = Counter()
        self._refusals_logged = 0

    def add(self, name: str, count: int = 1) -> None:
        """Count something that happened."""
        self._counts[name] += count

    def refused(self, code: str, *, provider_id: str, provider_type: str, reason: str, request_id: str) -> None:
        """Count and log a webhook that was turned away, without a word of what it said."""
        self.add(_REFUSED.get(code, code.lower()))
        if self._refusals_logged < REFUSALS_LOGGED_MAX:
            self._refusals_logged += 1
            log.warning(
                "webhook.refused",
                code=code,
                provider_id=provider_id,
                provider_type=provider_type,
                reason=reason,
                requestId=request_id,
            )

    def report(self) -> None:
        """Write the line and begin anew."""
        self._refusals_logged = 0
        if not self._counts:
            return
        published = asdict(self._publisher)
        before = asdict(self._reported)
        self._reported = BatchStats(**published)
        log.info(
            "webhook.counters", **self._counts, published={name: published[name] - before[name] for name in published}
        )
        self._counts.clear()

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            self.report()

    async def close(self) -> None:
        """The last line, at shutdown."""
        self.report()
