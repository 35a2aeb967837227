"""When a notification is tried again."""

from datetime import datetime, timedelta
from typing import Final

from ipn.domain.changes import IpnVersion

# Delays before the second and each further attempt; the first is made at once. About 75.6 hours in all.
DELAYS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER: Final = 0.1
"""Largest share by which a delay is shortened or lengthened, so that a recovered merchant is not hit all at once."""
# Receivers of version 2 remember delivery ids for 48 hours; the last attempt stays inside.
_V2_LAST: Final = timedelta(hours=47)
RETRY_AFTER_MAX: Final = timedelta(hours=24)
UNRECORDED_MAX: Final = 20
"""Leases in a row that may end without a record of their attempt; then the delivery is set aside."""
# A killed process costs its deliveries no time; what ends so again and again is tried less and less often.
_LOSS_FIRST: Final = timedelta(seconds=5)
_LOSS_MAX: Final = timedelta(minutes=5)


def next_attempt_at(
    *,
    ipn_version: IpnVersion,
    made: int,
    created_at: datetime,
    now: datetime,
    jitter: float = 0.0,
    retry_after: timedelta | None = None,
) -> datetime | None:
    """The time of the next attempt after ``made`` failed ones; None when the schedule is over.

    ``jitter`` is in -1 … 1. ``retry_after`` is the merchant's request; it can delay an attempt, never bring it forward.
    """
    if made > len(DELAYS):
        return None
    delay = DELAYS[made - 1] * (1 + JITTER * jitter)
    if retry_after is not None:
        delay = max(delay, min(retry_after, RETRY_AFTER_MAX))
    due = now + delay
    if ipn_version == 1:
        return due
    last = created_at + _V2_LAST
    if now >= last:
        return None
    return min(due, last)


def pause_after_loss(unrecorded: int) -> timedelta | None:
    """The wait after ``unrecorded`` (1 or more) lost leases in a row; None when the delivery shall be set aside."""
    if unrecorded > UNRECORDED_MAX:
        return None
    return timedelta(0) if unrecorded == 1 else min(_LOSS_FIRST * 2 ** (unrecorded - 2), _LOSS_MAX)
