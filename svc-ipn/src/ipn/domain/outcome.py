"""What one attempt came to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from gateway_contracts.untrusted import seconds_from_header
from ipn.domain.schedule import RETRY_AFTER_MAX

Verdict = Literal["delivered", "retry", "stop"]
_GONE = 410
_MAY_SAY_WHEN = frozenset({429, 503})
# The receiver, or what stands before it, is overloaded or down: fewer attempts at the same time.
_SLOW = frozenset({429, 500, 502, 503, 504})
INTERNAL_ERROR: Final = "internal_error"
"""The attempt failed inside the gateway, by a fault that nothing else describes."""


@dataclass(frozen=True)
class Outcome:
    """One attempt: when, what came back, how long it took.

    Attributes:
        error: a word when no answer came (``timeout``, ``not_connected``, …).
        retry_after: the delay that the merchant asks for, at most `RETRY_AFTER_MAX`; only where it counts.
        body_fault: a word when the answer's body did not come whole. It decides nothing.
    """

    at: datetime
    duration_ms: int
    http_status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None
    body_fault: str | None = None

    @property
    def verdict(self) -> Verdict:
        """Any 2xx is a receipt; 410 is the wish to be left alone; a redirect is a failure."""
        if self.http_status is None:
            return "retry"
        if 200 <= self.http_status < 300:
            return "delivered"
        return "stop" if self.http_status == _GONE else "retry"

    @property
    def is_slow(self) -> bool:
        """Whether the receiver should be spared."""
        return self.http_status is None or self.http_status in _SLOW


def retry_after_of(status: int, header: str | None, now: datetime) -> timedelta | None:
    """The delay that a ``Retry-After`` header asks for, bounded; None where it asks for none or does not count."""
    if status not in _MAY_SAY_WHEN:
        return None
    seconds = seconds_from_header(header, now=now, at_most=RETRY_AFTER_MAX.total_seconds())
    return None if seconds is None else timedelta(seconds=seconds)
