"""When things that got no answer are looked at again."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Timing:
    """The pauses, and how often.

    Attributes:
        first: after a call or an attempt without reports; then ``second``, then daily.
        attempts_max: after which only a person helps.
        parked: how long a fact waits for its transaction.
        refund_missing: how long a refund may be missing at its provider before a person decides, in so many looks
            (``refund_missing_looks``).
    """

    first: timedelta = timedelta(minutes=5)
    second: timedelta = timedelta(hours=1)
    daily: timedelta = timedelta(days=1)
    attempts_max: int = 45
    parked: timedelta = timedelta(hours=24)
    refund_missing: timedelta = timedelta(days=3)
    refund_missing_looks: int = 3
