"""When a message that failed for now is tried again."""

from datetime import datetime, timedelta
from typing import Final

RETRY_SCHEDULE: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
    timedelta(hours=20),
)
"""Waits after the first, second … attempt: ten attempts in two days. Greylisting ends within the first three."""
BUSY: Final = timedelta(seconds=2)
"""A message whose server has enough to do waits so long; that is no attempt."""
PACED: Final = timedelta(seconds=10)
"""A message of an organization that sends too many in a minute waits so long; that is no attempt."""
NOT_READY: Final = timedelta(seconds=3)
"""A document that is being made is looked for soon; that is no attempt."""
NOT_READY_MAX: Final = timedelta(minutes=30)
"""How long it is waited for so closely after the message was planned."""
_JITTER: Final = 0.2


def next_attempt_at(made: int, *, now: datetime, jitter: float) -> datetime | None:
    """The moment of the next attempt after ``made`` (1 or more) failed ones; None after the last.

    Args:
        jitter: between 0 and 1; lengthens the wait by at most a fifth.
    """
    if made > len(RETRY_SCHEDULE):
        return None
    return now + RETRY_SCHEDULE[made - 1] * (1 + _JITTER * jitter)
