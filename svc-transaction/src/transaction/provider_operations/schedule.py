"""When something without an answer is looked at again."""

import secrets
from datetime import datetime, timedelta

from transaction.ports import Deps

# Share of a delay by which it varies, so that a provider's outage does not end in one wave.
_JITTER = 0.2


def next_attempt(attempts: int, *, deps: Deps) -> datetime | None:
    """After so many attempts without reports: five minutes, an hour, then daily (or what `Timing` says); then never."""
    timing = deps.timing
    if attempts >= timing.attempts_max:
        return None
    delay = (timing.first, timing.second)[attempts] if attempts < 2 else timing.daily
    return deps.clock.now() + jittered(delay)


def jittered(delay: timedelta) -> timedelta:
    """The delay, made longer by a random part."""
    return delay * (1 + _JITTER * secrets.randbelow(1000) / 1000)
