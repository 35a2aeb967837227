"""Look-ups of keys before it is known whether they are worth one."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from admin_api.tenancy.domain.api_key import ApiKey
from gateway_contracts.errors import RateLimited, Transient
from gateway_kit.allowance import Allowance, Lane
from gateway_kit.http.rate_limit import FAILED_POLICY, subject_of
from gateway_kit.limits.buckets import Buckets, Policy
from gateway_kit.shared_answers import SharedAnswers

LOOK_UP_POLICY: Final = Policy("look-up", 30, 5.0)
"""Per address whose bucket of wrong keys is empty: a right key that was not seen here before still has a chance."""
LOOK_UPS_AT_ONCE: Final = 256


class BucketLookUps:
    """Limited by what is left in the address's bucket of wrong keys; those that are under way count already.

    The same text at the same moment counts once: a merchant's server with many requests after a restart of this
    process presents one key.
    """

    def __init__(self, limits: Buckets) -> None:
        self._limits = limits
        self._running = Allowance(total=LOOK_UPS_AT_ONCE)
        self._answers: SharedAnswers[ApiKey | None] = SharedAnswers()

    async def of(self, address: str, text_hash: str, read: Callable[[], Awaitable[ApiKey | None]]) -> ApiKey | None:
        """See the port."""
        subject = subject_of(address)

        async def look_up() -> ApiKey | None:
            with self._place(subject):
                return await read()

        return await self._answers.ask((subject, text_hash), look_up)

    @contextmanager
    def _place(self, subject: str) -> Iterator[None]:
        lane = Lane(subject, self._limits.remaining(FAILED_POLICY, subject))
        if self._running.held_by(subject) >= lane.cap:
            self._take_one_more(subject)
            lane = Lane(subject, LOOK_UPS_AT_ONCE)
        if self._running.take(1, lane) is not None:
            raise Transient("too many API keys are being checked; try again", code="OVERLOADED", retry_after_s=1)
        try:
            yield
        finally:
            self._running.give_back(1, lane)

    def _take_one_more(self, subject: str) -> None:
        decision = self._limits.take(LOOK_UP_POLICY, subject)
        if not decision.is_allowed:
            raise RateLimited(
                "too many requests with wrong keys",
                code="RATE_LIMITED",
                retry_after_s=decision.retry_after_s,
                limiter=FAILED_POLICY.name,
            )
