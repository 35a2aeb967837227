"""Two instances over a real bus: together they admit what one may."""

import asyncio
from typing import Any

import pytest
from nats.aio.client import Client

from gateway_kit.limits.buckets import Buckets, Policy
from gateway_kit.limits.shared import SharedLimits
from gateway_kit.nats.topology import apply_topology
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

POLICY = Policy("key", 50, 20.0)


async def instance(client: Client, service: str) -> tuple[Buckets, SharedLimits]:
    buckets = Buckets((POLICY,), secret=b"the same for all")
    shared = SharedLimits(client, buckets, service=service)
    await shared.start(client.jetstream())
    return buckets, shared


async def test_what_one_admits_the_other_knows(nats_client: Client, topology: Any) -> None:
    await apply_topology(nats_client)
    (one, told), (two, _) = [await instance(nats_client, "svc-a") for _ in range(2)]
    stranger, _ = await instance(nats_client, "svc-b")
    while one.take(POLICY, "key-1").is_allowed:
        pass
    await told.tell()

    await eventually(lambda: not two.take(POLICY, "key-1").is_allowed)
    assert two.take(POLICY, "key-2").is_allowed
    assert stranger.take(POLICY, "key-1").is_allowed


async def test_a_new_instance_starts_with_what_is_known(nats_client: Client, topology: Any) -> None:
    await apply_topology(nats_client)
    one, told = await instance(nats_client, "svc-c")
    while one.take(POLICY, "key-1").is_allowed:
        pass
    await told.tell()
    await nats_client.flush()

    late, _ = await instance(nats_client, "svc-c")

    decision = late.take(POLICY, "key-1")
    # Only what drained meanwhile is there again, never the whole bucket.
    assert decision.remaining < POLICY.capacity / 2


async def test_two_instances_hold_the_bound(nats_client: Client, topology: Any) -> None:
    await apply_topology(nats_client)
    pair = [await instance(nats_client, "svc-d") for _ in range(2)]
    tasks = [asyncio.create_task(shared.run()) for _, shared in pair]
    admitted, loop = 0, asyncio.get_running_loop()
    start = loop.time()
    try:
        while (elapsed := loop.time() - start) < 3:
            admitted += sum(buckets.take(POLICY, "key").is_allowed for buckets, _ in pair)
            await asyncio.sleep(0.001)  # the load: about a thousand requests a second at each
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert POLICY.capacity <= admitted <= 2 * POLICY.capacity + POLICY.per_s * (elapsed + 0.3)


async def test_it_does_not_share_what_it_cannot_read(nats_client: Client, topology: Any) -> None:
    await apply_topology(nats_client)
    buckets, _ = await instance(nats_client, "svc-e")
    for body in (b"{}", b"[1]", b'["x", 1, 2]', b"\xff", b"null"):
        await nats_client.publish("$KV.limits.svc-e.key.abc.other", body)
    await nats_client.flush()
    assert len(buckets) == 0
