"""The outcome of one attempt."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, PlainSerializer

from gateway_contracts.untrusted import bounded_seconds, seconds_from_header
from ipn.domain.schedule import RETRY_AFTER_MAX

Verdict = Literal["delivered", "retry", "stop"]
_GONE = 410
_MAY_SAY_WHEN = frozenset({429, 503})
# The receiver, or what stands before it, is overloaded or down: fewer attempts at the same time.
_SLOW = frozenset({429, 500, 502, 503, 504})
INTERNAL_ERROR: Final = "internal_error"
"""The attempt failed inside the gateway, by a fault that nothing else describes."""

# No value of an attempt may keep it from being written: what does not fit is cut when it is stored.
_STATUS_MAX: Final = 999
_DURATION_MS_MAX: Final = 24 * 3600 * 1000
_ERROR_MAX: Final = 80


def _within(most: int) -> PlainSerializer:
    return PlainSerializer(lambda value: None if value is None else max(0, min(value, most)))


def _stored_delay(seconds: Any) -> Any:
    """A delay as it is stored: bounded seconds."""
    if isinstance(seconds, timedelta):
        return seconds
    bounded = bounded_seconds(seconds, at_most=RETRY_AFTER_MAX.total_seconds())
    return None if bounded is None else timedelta(seconds=bounded)


Word = Annotated[str | None, PlainSerializer(lambda text: None if text is None else text[:_ERROR_MAX])]
Delay = Annotated[
    timedelta | None,
    BeforeValidator(_stored_delay),
    PlainSerializer(lambda delay: None if delay is None else delay.total_seconds()),
]


@dataclass(frozen=True)
class Outcome:
    """One attempt: when, what came back, how long it took.

    Attributes:
        error: a word when no answer came (``timeout``, ``not_connected``, …).
        retry_after: the delay that the merchant asks for, at most `RETRY_AFTER_MAX`; only where it counts.
        body_fault: a word when the answer's body did not come whole. It decides nothing.
    """

    at: datetime
    duration_ms: Annotated[int, _within(_DURATION_MS_MAX)]
    http_status: Annotated[int | None, _within(_STATUS_MAX)] = None
    error: Word = None
    retry_after: Delay = None
    body_fault: Word = None

    @property
    def verdict(self) -> Verdict:
        """Any 2xx is a receipt; 410 asks for no further attempts; a redirect is a failure."""
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
