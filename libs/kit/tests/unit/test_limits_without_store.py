"""An instance starts without the store of the limits."""

from typing import Any

from nats.js.errors import BucketNotFoundError

from gateway_kit.limits.buckets import Buckets, Policy
from gateway_kit.limits.shared import SharedLimits


class Broker:
    """Started anew: it takes subscriptions and knows no bucket."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def subscribe(self, subject: str, cb: Any) -> None:
        self.subjects.append(subject)

    async def key_value(self, name: str) -> Any:
        raise BucketNotFoundError


async def test_an_instance_starts_and_hears_the_others_without_the_store() -> None:
    broker, policy = Broker(), Policy("key", 5, 0.01)
    buckets = Buckets((policy,), secret=b"s")

    await SharedLimits(broker, buckets, service="svc-admin-api").start(broker)  # type: ignore[arg-type]  # a fake client

    assert broker.subjects == ["$KV.limits.svc-admin-api.>"]
    assert buckets.take(policy, "caller").is_allowed
