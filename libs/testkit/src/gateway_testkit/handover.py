"""Messages of a durable consumer in the hands of the test: given back at the moment of its choice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from nats.aio.msg import Msg

from gateway_contracts.topology import consumer
from gateway_kit.cancellation import cancel_tasks
from gateway_testkit.backlog import info_of
from gateway_testkit.installation import Installation
from gateway_testkit.waiting import eventually

KEEP_ALIVE_S = 2.0


@dataclass
class Held:
    """One message that the test has taken from a consumer and not acknowledged."""

    durable: str
    message: Msg
    installation: Installation

    async def give_back(self) -> None:
        """Return it to the consumer, and wait until it is delivered again."""
        before = (await info_of(self.installation, self.durable)).delivered
        await self.message.nak()
        assert before is not None

        async def is_taken() -> bool:
            now = await info_of(self.installation, self.durable)
            delivered = now.delivered.consumer_seq if now.delivered else 0
            return bool(delivered > before.consumer_seq and now.num_ack_pending)

        await eventually(is_taken)


async def take(installation: Installation, durable: str, timeout_s: float) -> Msg:
    """The next message of a consumer whose service does not run.

    Raises:
        nats.errors.TimeoutError: there is none, in that time.
    """
    js = installation.bus.jetstream()
    subscription = await js.pull_subscribe_bind(durable=durable, stream=consumer(durable).stream)
    try:
        [message] = await subscription.fetch(1, timeout=timeout_s)
        return message
    finally:
        await subscription.unsubscribe()


async def deliver_without_end(installation: Installation, durable: str, times: int) -> None:
    """Take the next message of a consumer and give it back at once, that often."""
    js = installation.bus.jetstream()
    subscription = await js.pull_subscribe_bind(durable=durable, stream=consumer(durable).stream)
    for _ in range(times):
        [message] = await subscription.fetch(1, timeout=30)
        await message.nak()
    await installation.bus.flush()
    await subscription.unsubscribe()


@asynccontextmanager
async def held(installation: Installation, durables: Iterable[str], timeout_s: float) -> AsyncIterator[list[Held]]:
    """The next message of each consumer; the broker is asked for patience until they are given back."""
    taken = [Held(durable, await take(installation, durable, timeout_s), installation) for durable in durables]

    async def keep() -> None:
        while True:
            for each in taken:
                await each.message.in_progress()
            await asyncio.sleep(KEEP_ALIVE_S)

    keeping = asyncio.create_task(keep())
    try:
        yield taken
    finally:
        await cancel_tasks([keeping])


@contextmanager
def frozen(installation: Installation, name: str) -> Iterator[None]:
    """A server that stands still for the duration of the block."""
    pid = installation.parts.running[name].pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
