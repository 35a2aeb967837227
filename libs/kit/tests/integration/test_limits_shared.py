"""Two instances over a real bus: together they admit what one may."""

from typing import Any

import pytest
from nats.aio.client import Client

from gateway_kit.limits.buckets import Buckets, Policy
from gateway_kit.limits.shared import INTERVAL_S, SharedLimits
from gateway_kit.nats.topology import apply_topology
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

POLICY = Policy("key", 50, 20.0)


class Time:
    """Seconds for all buckets of a test; they drain when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


async def instance(client: Client, service: str, time: Time) -> tuple[Buckets, SharedLimits]:
    buckets = Buckets((POLICY,), secret=b"the same for all", monotonic=time)
    shared = SharedLimits(client, buckets, service=service)
    await shared.start(client.jetstream())
    return buckets, shared


def spent_at(buckets: Buckets) -> list[int]:
    """Amounts received from the others so far."""
    return [sum(bucket.seen.values()) for bucket in buckets._buckets.values()]


async def test_what_one_admits_the_other_knows(nats_client: Client, topology: Any, time: Time) -> None:
    await apply_topology(nats_client)
    (one, shared), (two, _) = [await instance(nats_client, "svc-a", time) for _ in range(2)]
    stranger, _ = await instance(nats_client, "svc-b", time)
    while one.take(POLICY, "key-1").is_allowed:
        pass
    await shared.tell()

    await eventually(lambda: spent_at(two) == [POLICY.capacity])
    assert not two.take(POLICY, "key-1").is_allowed
    assert two.take(POLICY, "key-2").is_allowed
    assert stranger.take(POLICY, "key-1").is_allowed


async def test_a_new_instance_starts_with_what_is_known(
    nats_client: Client, topology: Any, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The age of what is known counts by the clock on the wall, which stands still as well.
    monkeypatch.setattr("gateway_kit.limits.shared.time", type("Clock", (), {"time": staticmethod(lambda: 1e9)}))
    await apply_topology(nats_client)
    one, shared = await instance(nats_client, "svc-c", time)
    while one.take(POLICY, "key-1").is_allowed:
        pass
    await shared.tell()
    await nats_client.flush()

    late, _ = await instance(nats_client, "svc-c", time)

    assert not late.take(POLICY, "key-1").is_allowed


async def test_two_instances_hold_the_bound(nats_client: Client, topology: Any, time: Time) -> None:
    await apply_topology(nats_client)
    pair = [await instance(nats_client, "svc-d", time) for _ in range(2)]
    spent, admitted, rounds = [0, 0], 0, 30

    for _ in range(rounds):
        for number, (buckets, shared) in enumerate(pair):
            taken = sum(buckets.take(POLICY, "key").is_allowed for _ in range(100))
            admitted += taken
            spent[number] += taken
            await shared.tell()
        # Heard by the other one before the next round.
        await eventually(lambda: [spent_at(buckets) for buckets, _ in pair] == [[spent[1]], [spent[0]]])
        time.now += INTERVAL_S

    elapsed = rounds * INTERVAL_S
    assert POLICY.capacity <= admitted <= 2 * POLICY.capacity + POLICY.per_s * (elapsed + INTERVAL_S)


async def test_it_does_not_share_what_it_cannot_read(nats_client: Client, topology: Any, time: Time) -> None:
    await apply_topology(nats_client)
    buckets, _ = await instance(nats_client, "svc-e", time)
    for body in (b"{}", b"[1]", b'["x", 1, 2]', b"\xff", b"null"):
        await nats_client.publish("$KV.limits.svc-e.key.abc.other", body)
    await nats_client.publish("$KV.limits.svc-e.key.abc.other", b"[1, 1.0, 0]")

    # What comes after it is read: so it was looked at.
    await eventually(lambda: spent_at(buckets) == [1])
