"""The relay ends on request, also at the moment of a notification."""

import asyncio
from typing import Any

import pytest

from gateway_kit.nats.relay import OutboxRelay
from gateway_testkit.clock import FrozenClock


class NoBus:
    """A client that is not connected."""

    is_connected = False


async def test_a_cancellation_that_meets_a_nudge_ends_the_relay() -> None:
    nowhere: Any = None
    bus: Any = NoBus()
    relay = OutboxRelay(nowhere, bus, nowhere, FrozenClock(), nowhere)
    running = asyncio.create_task(relay.run())
    # Its first sweep fails (there is no database) and it waits for a nudge.
    for _ in range(5):
        await asyncio.sleep(0)

    relay.nudge([])
    # One step later the wait is over but the relay has not yet been resumed.
    await asyncio.sleep(0)
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 60)
