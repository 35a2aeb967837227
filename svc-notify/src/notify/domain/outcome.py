"""The result of one attempt to hand a message over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway_contracts.requests.notify import Verdict

TEMPORARY: Final = 4
"""First digit of a mail server's reply that may be another one later."""


@dataclass(frozen=True)
class Outcome:
    """The result of an attempt. It has no text of the other side: that may name the recipient.

    Attributes:
        error: one word; None after success.
        reply_code: of SMTP or HTTP. ``enhanced_code``: of RFC 3463.
    """

    verdict: Verdict
    error: str | None = None
    reply_code: int | None = None
    enhanced_code: str | None = None


SENT: Final = Outcome("sent")


def temporary(error: str, reply_code: int | None = None, enhanced_code: str | None = None) -> Outcome:
    """A failure that may pass."""
    return Outcome("temporary", error, reply_code, enhanced_code)


def permanent(error: str, reply_code: int | None = None, enhanced_code: str | None = None) -> Outcome:
    """A failure that a repetition meets again."""
    return Outcome("permanent", error, reply_code, enhanced_code)


@dataclass(frozen=True)
class Attempt:
    """An attempt as it is stored."""

    at: datetime
    verdict: Verdict
    error: str | None = None
    reply_code: int | None = None
    enhanced_code: str | None = None
    duration_ms: int = 0
