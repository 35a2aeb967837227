"""Look-ups of keys before it is known whether they are worth one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gateway_contracts.errors import RateLimited, Transient
from gateway_kit.allowance import Allowance, Lane
from gateway_kit.http.rate_limit import FAILED_POLICY, subject_of
from gateway_kit.limits.buckets import Buckets, Policy

LOOK_UP_POLICY: Final = Policy("look-up", 30, 5.0)
"""Per address whose bucket of wrong keys is empty: a right key that was not seen here before still has a chance."""
LOOK_UPS_AT_ONCE: Final = 256


def new_look_ups() -> Allowance:
    """Look-ups of unknown keys that happen at this moment, of all addresses."""
    return Allowance(total=LOOK_UPS_AT_ONCE)


@dataclass(frozen=True)
class BucketLookUps:
    """Limited by what is left in the address's bucket of wrong keys; those that are under way count already."""

    limits: Buckets
    running: Allowance

    @contextmanager
    def of(self, address: str) -> Iterator[None]:
        """See the port."""
        subject = subject_of(address)
        lane = Lane(subject, self.limits.remaining(FAILED_POLICY, subject))
        if self.running.held_by(subject) >= lane.cap:
            self._take_one_more(subject)
            lane = Lane(subject, LOOK_UPS_AT_ONCE)
        if self.running.take(1, lane) is not None:
            raise Transient("too many API keys are being checked; try again", code="OVERLOADED", retry_after_s=1)
        try:
            yield
        finally:
            self.running.give_back(1, lane)

    def _take_one_more(self, subject: str) -> None:
        decision = self.limits.take(LOOK_UP_POLICY, subject)
        if not decision.is_allowed:
            raise RateLimited(
                "too many requests with wrong keys",
                code="RATE_LIMITED",
                retry_after_s=decision.retry_after_s,
                limiter=FAILED_POLICY.name,
            )
