"""Fetching from a durable consumer."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.errors import TimeoutError as NothingCame
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig

from gateway_kit.nats.eager_pull import EagerPull
from gateway_testkit.waiting import eventually

pytestmark = pytest.mark.integration

# Time for a message that comes; and a time so long that waiting for its end fails the test.
PATIENCE_S, FOR_EVER_S = 60, 3600


class Bench:
    def __init__(self, client: Client, name: str) -> None:
        self.js = client.jetstream()
        self.name = name

    async def publish(self, *bodies: str) -> None:
        for body in bodies:
            await self.js.publish(f"{self.name}.x", body.encode())

    async def pull(self) -> EagerPull:
        config = ConsumerConfig(durable_name="d", ack_policy=AckPolicy.EXPLICIT, ack_wait=FOR_EVER_S)
        return EagerPull(await self.js.pull_subscribe(f"{self.name}.x", durable="d", stream=self.name, config=config))


@pytest_asyncio.fixture
async def bench(nats_client: Client) -> AsyncIterator[Bench]:
    name = "EAGER" + secrets.token_hex(4)
    made = Bench(nats_client, name)
    await made.js.add_stream(StreamConfig(name=name, subjects=[f"{name}.x"]))
    yield made
    await made.js.delete_stream(name)


async def test_messages_come_in_order_and_never_more_than_asked(bench: Bench) -> None:
    await bench.publish(*(str(number) for number in range(40)))
    pull = await bench.pull()

    seen: list[bytes] = []
    while len(seen) < 40:
        messages = await pull.fetch(16, timeout=PATIENCE_S)
        assert 0 < len(messages) <= 16
        for message in messages:
            seen.append(message.data)
            await message.ack()

    assert seen == [str(number).encode() for number in range(40)]


async def test_a_message_is_handed_out_the_moment_it_exists(bench: Bench) -> None:
    pull = await bench.pull()
    await bench.publish("first")
    assert len(await pull.fetch(16, timeout=PATIENCE_S)) == 1

    for _ in range(3):
        fetching = asyncio.create_task(pull.fetch(16, timeout=FOR_EVER_S))
        await bench.publish("next")
        [message] = await asyncio.wait_for(fetching, PATIENCE_S)
        await message.ack()


async def test_nothing_is_a_timeout_and_later_messages_still_come(bench: Bench) -> None:
    pull = await bench.pull()
    for _ in range(2):
        with pytest.raises(NothingCame):
            await pull.fetch(4, timeout=0.2)

    await bench.publish("late")

    assert [message.data for message in await pull.fetch(4, timeout=PATIENCE_S)] == [b"late"]


async def test_what_was_not_handed_out_goes_back_at_the_end(bench: Bench) -> None:
    await bench.publish("a", "b", "c")
    pull = await bench.pull()
    [first] = await pull.fetch(1, timeout=PATIENCE_S)
    await first.ack()
    for message in await pull.fetch(3, timeout=PATIENCE_S):
        await message.nak()
    # They come again and lie here, not asked for yet.
    await pull._request(3, PATIENCE_S)
    await eventually(lambda: lying_here(pull) == {b"b", b"c"})

    await pull.unsubscribe()

    other = await bench.pull()
    again: list[bytes] = []
    while len(again) < 2:
        again += [message.data for message in await other.fetch(3, timeout=PATIENCE_S)]
    assert sorted(again) == [b"b", b"c"]


def lying_here(pull: EagerPull) -> set[bytes]:
    """Messages that have arrived, without what the server says of their request."""
    waiting = list(pull._queue._queue)  # type: ignore[attr-defined]  # asyncio's own
    return {message.data for message in waiting if not JetStreamContext.is_status_msg(message)}
