"""Places of one consumer: handlers that run at once, and messages that wait for a place of their tenant (ADR 0024)."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from gateway_contracts.topology import ConsumerSpec
from gateway_kit.fairness import FairSlots, Shares
from gateway_kit.nats.backlog import Message

INTAKE_MAX: Final = 384
"""Messages of one consumer in this process: handled, or waiting for a place."""
# From here on a lane with more than its share of those that wait is moved to the backlog: another tenant's message may
# be behind it in the stream.
_CROWDED: Final = 256
_CROWDED_BYTES: Final = 64 * 1024 * 1024


class Intake:
    """The places of one consumer. A tenant alone has all workers; as many places again are there for the others."""

    def __init__(self, spec: ConsumerSpec) -> None:
        self._timeout_s = spec.ack_wait_s / 3
        self._slots = FairSlots(
            Shares(2 * spec.workers, per_lane=spec.workers, reserve=spec.workers // 4),
            waiting_per_lane=INTAKE_MAX,
            waiting_total=INTAKE_MAX,
        )
        self._waiting_bytes = 0
        self.is_closing = False

    def close(self) -> None:
        """Refuse the messages that wait for a place; called at shutdown."""
        self.is_closing = True
        self._slots.close()

    def is_crowding(self, lane: str) -> bool:
        """Many messages wait, and this lane has more than its share of them."""
        if self._slots.waiting < _CROWDED and self._waiting_bytes < _CROWDED_BYTES:
            return False
        return self._slots.waiting_of(lane) >= self._slots.waiting // max(1, self._slots.waiting_lanes)

    @contextlib.asynccontextmanager
    async def place(self, message: Message) -> AsyncIterator[None]:
        """A place for the message.

        Raises:
            Busy: none within a third of the time after which the broker takes the handler for dead, or at shutdown.
        """
        self._waiting_bytes += len(message.body)
        is_waiting = True
        try:
            async with self._slots.place(message.lane, timeout_s=self._timeout_s):
                self._waiting_bytes -= len(message.body)
                is_waiting = False
                yield
        finally:
            if is_waiting:
                self._waiting_bytes -= len(message.body)
