"""Token buckets in memory. Asking costs no I/O; what other instances admitted is added when they tell it.

A bucket is kept as its *level*: what was admitted and has not drained yet. A request is admitted while the level leaves
room for it. What another instance admitted raises the level too, also above the capacity: that is a debt which must
drain before anything else is admitted. So N instances that share late admit at most ``N × capacity + rate × T`` within
any time T, and ``rate`` in the long run.
"""

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

BUCKETS_MAX: Final = 50_000
"""Beyond it the bucket that was used longest ago is forgotten, which only ever helps its caller."""
_PURGE_AT_ONCE: Final = 1_000


@dataclass(frozen=True)
class Policy:
    """One limit.

    Attributes:
        name: lower case; what headers and errors call it.
        capacity: requests that may come at once.
        per_s: requests per second that may follow, without end.
    """

    name: str
    capacity: int
    per_s: float

    @property
    def window_s(self) -> int:
        """Seconds in which an empty bucket is full again."""
        return math.ceil(self.capacity / self.per_s)

    @classmethod
    def per_minute(cls, name: str, requests: int) -> "Policy":
        """So many per minute, all at once if they like."""
        return cls(name, requests, requests / 60)


@dataclass(frozen=True)
class Decision:
    """Decision of a limit about one request.

    Attributes:
        remaining: requests that would be admitted at once after this one.
        retry_after_s: for a refused one, whole seconds after which one is admitted again.
        reset_s: whole seconds after which the bucket is full.
    """

    policy: Policy
    is_allowed: bool
    remaining: int
    retry_after_s: int
    reset_s: int


@dataclass(slots=True)
class _Bucket:
    policy: Policy
    level: float
    at: float
    spent: int = 0
    seen: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Spending:
    """Report of one instance to the others about one bucket.

    Attributes:
        bucket: its name.
        spent: what this instance admitted since it knows the bucket; the others count the difference to the last time.
        level: the whole level as this instance sees it.
    """

    bucket: str
    spent: int
    level: float


class Buckets:
    """The buckets of one instance.

    Args:
        policies: the limits that are in use; reports about others are ignored.
        secret: names of buckets are keyed hashes, because a bucket's subject may be a customer's address.
        monotonic: seconds from any start.
    """

    def __init__(
        self,
        policies: tuple[Policy, ...],
        *,
        secret: bytes,
        buckets_max: int = BUCKETS_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policies = {policy.name: policy for policy in policies}
        self._secret = secret
        self._buckets_max = buckets_max
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._changed: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, policy: Policy, subject: str) -> Decision:
        """Admit one request of that subject, or refuse it; a refused one costs nothing."""
        name = self._name(policy, subject)
        now = self._monotonic()
        bucket = self._bucket(name, policy, now)
        level = _drained(bucket, now)
        is_allowed = level + 1 <= policy.capacity
        if is_allowed:
            level += 1
            bucket.spent += 1
            self._changed[name] = None
        bucket.level, bucket.at = level, now
        wait = 0 if is_allowed else max(1, math.ceil((level + 1 - policy.capacity) / policy.per_s))
        return Decision(
            policy=policy,
            is_allowed=is_allowed,
            remaining=max(0, math.floor(policy.capacity - level)),
            retry_after_s=wait,
            reset_s=math.ceil(level / policy.per_s),
        )

    def remaining(self, policy: Policy, subject: str) -> int:
        """How many requests of that subject would be admitted at once; asking costs nothing and remembers nothing."""
        bucket = self._buckets.get(self._name(policy, subject))
        level = 0.0 if bucket is None else _drained(bucket, self._monotonic())
        return max(0, math.floor(policy.capacity - level))

    def changes(self, at_most: int) -> Iterator[Spending]:
        """Spending not reported to the other instances yet, the oldest first."""
        now = self._monotonic()
        for name in list(self._changed)[:at_most]:
            del self._changed[name]
            if (bucket := self._buckets.get(name)) is not None:
                yield Spending(name, bucket.spent, _drained(bucket, now))

    def absorb(self, spending: Spending, *, instance: str, age_s: float = 0.0, is_first_reading: bool = False) -> None:
        """Count what another instance admitted.

        Args:
            spending: its report.
            instance: the sender of the report.
            age_s: how long ago.
            is_first_reading: it comes from the store, at this instance's start: the levels of all instances contain
                each other, so the highest counts instead of their sum.
        """
        policy = self._policies.get(spending.bucket.partition(".")[0])
        if policy is None:
            return
        now = self._monotonic()
        bucket = self._bucket(spending.bucket, policy, now)
        level = _drained(bucket, now)
        if is_first_reading:
            bucket.level = max(level, spending.level - max(0.0, age_s) * policy.per_s)
        else:
            bucket.level = level + _news(bucket.seen.get(instance), spending)
        bucket.at = now
        bucket.seen[instance] = spending.spent

    def purge(self) -> None:
        """Forget buckets that are full again, some at a time."""
        now = self._monotonic()
        for _ in range(min(_PURGE_AT_ONCE, len(self._buckets))):
            name, bucket = next(iter(self._buckets.items()))
            if _drained(bucket, now) > 0:
                return
            del self._buckets[name]
            self._changed.pop(name, None)

    def _bucket(self, name: str, policy: Policy, now: float) -> _Bucket:
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = _Bucket(policy, 0.0, now)
            if len(self._buckets) > self._buckets_max:
                forgotten, _ = self._buckets.popitem(last=False)
                self._changed.pop(forgotten, None)
        else:
            self._buckets.move_to_end(name)
        return bucket

    def _name(self, policy: Policy, subject: str) -> str:
        return f"{policy.name}.{hashlib.blake2b(subject.encode(), digest_size=16, key=self._secret).hexdigest()}"


def _drained(bucket: _Bucket, now: float) -> float:
    return max(0.0, bucket.level - (now - bucket.at) * bucket.policy.per_s)


def _news(seen: int | None, spending: Spending) -> float:
    """Requests admitted since the last report.

    Of an instance that was never heard of this bucket, or that forgot it meanwhile, everything is new that has not
    drained yet.
    """
    if seen is None or spending.spent < seen:
        return min(float(spending.spent), spending.level)
    return float(spending.spent - seen)
