"""Fetches from a durable consumer without waiting for a batch to fill, and without a round trip per message.

nats-py's own ``fetch`` makes a request for each batch, and messages that come one by one are batches of one. Here one
request for many stays open at the server, which sends each message the moment it exists; a fetch returns whatever has
arrived (figures in ADR 0050).
"""

import asyncio
import json
import time
from typing import Final

from nats.aio.msg import Msg
from nats.errors import TimeoutError as NothingCame
from nats.js import JetStreamContext
from nats.js.api import StatusCode

# A request that the server forgot (it restarted, the connection was lost) is made again this long after its end.
_GRACE_S: Final = 0.5
# After a status that is no ordinary end (the consumer is gone, no JetStream) the next request waits.
_PAUSE_S: Final = 0.5
_ORDINARY_ENDS: Final = frozenset({StatusCode.NO_MESSAGES, StatusCode.REQUEST_TIMEOUT})


class EagerPull(JetStreamContext.PullSubscription):
    """A pull subscription whose ``fetch`` is replaced (ADR 0050); it uses private parts of nats-py.

    Args:
        pull: the subscription as nats-py made it; not to be used any more.
    """

    def __init__(self, pull: JetStreamContext.PullSubscription) -> None:
        super().__init__(pull._js, pull._sub, pull._stream, pull._consumer, pull._deliver.encode())
        self._queue: asyncio.Queue[Msg] = self._sub._pending_queue
        self._open = 0
        self._ends_at = 0.0

    async def fetch(self, batch: int = 1, timeout: float | None = 5, heartbeat: float | None = None) -> list[Msg]:
        """At least one message and at most ``batch``; waits only for the first.

        Raises:
            TimeoutError: none came in time.
            ConnectionClosedError: the connection was closed for good.
        """
        ends_at = time.monotonic() + (timeout or 5)
        while True:
            if messages := await self._arrived(batch):
                return messages
            left_s = ends_at - time.monotonic()
            if left_s <= 0:
                raise NothingCame
            if self._open <= 0 or time.monotonic() > self._ends_at + _GRACE_S:
                await self._request(batch, left_s)
            message = await self._sub.next_msg(timeout=left_s)
            if await self._is_data(message):
                return [message, *await self._arrived(batch - 1)]

    async def unsubscribe(self) -> None:
        """End the subscription; what arrived and was not handed out goes back at once, for another process."""
        unhandled = await self._arrived(self._queue.qsize())
        await super().unsubscribe()
        for message in unhandled:
            await message.nak()

    async def _request(self, batch: int, expires_s: float) -> None:
        request = {"batch": batch, "expires": int(expires_s * 1_000_000_000)}
        self._open = batch
        self._ends_at = time.monotonic() + expires_s
        await self._nc.publish(self._nms, json.dumps(request).encode(), self._deliver)

    async def _arrived(self, limit: int) -> list[Msg]:
        """Messages received already."""
        messages: list[Msg] = []
        while len(messages) < limit and not self._queue.empty():
            message = self._queue.get_nowait()
            self._sub._pending_size -= len(message.data)
            self._queue.task_done()
            if await self._is_data(message):
                messages.append(message)
        return messages

    async def _is_data(self, message: Msg) -> bool:
        """Count a message; a status ends the open request."""
        status = JetStreamContext.is_status_msg(message)
        if not status:
            self._open -= 1
            return True
        if status != StatusCode.CONTROL_MESSAGE:
            self._open = 0
            if status not in _ORDINARY_ENDS:
                await asyncio.sleep(_PAUSE_S)
        return False
