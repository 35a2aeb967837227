"""What one attempt came to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

Verdict = Literal["delivered", "retry", "stop"]
_GONE = 410
_MAY_SAY_WHEN = frozenset({429, 503})
# The receiver, or what stands before it, is overloaded or down: fewer attempts at the same time.
_SLOW = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Outcome:
    """One attempt: when, what came back, how long it took.

    Attributes:
        error: a word when no answer came (``timeout``, ``not_connected``, …).
        retry_after: the merchant's wish, only where it counts.
    """

    at: datetime
    duration_ms: int
    http_status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None

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
    """The delay that a ``Retry-After`` header asks for (seconds or a date); None where it does not count."""
    if status not in _MAY_SAY_WHEN or not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**6))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))
