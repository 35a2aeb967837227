"""Consequences of a failed attempt: a later one from the backlog, or a letter. Decided here for every consumer."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Final, Literal

from gateway_contracts.errors import is_final
from gateway_contracts.topology import ConsumerSpec
from gateway_kit.logging import get_logger
from gateway_kit.nats.backlog import Backlog, Message
from gateway_kit.set_aside import Letter, SetAside, origin_of

log = get_logger(__name__)

REDRIVEN_LETTER: Final = "Gw-Redriven-Letter"
"""On a message that is redriven from its stream: the number of its letter, so that a second letter is another one."""

Outcome = Literal["handled", "known", "deferred", "retried", "parked"]
"""How a delivery ended, for the metrics."""

# Claims of one message, crashes included, beyond the failures that the schedule allows.
_CRASHES_MAX: Final = 20
# Messages of one tenant and consumer in the backlog; further ones are set aside at once, and can be redriven.
_LANE_MAX: Final = 100_000


class BacklogFull(Exception):
    """A tenant has too many messages in the backlog of one consumer."""


class AttemptsExhausted(Exception):
    """A message was taken many times and never finished: the process ended each time, or its lease ran out."""


class Retries:
    """Moves the messages of one consumer to the backlog and to the dead letters.

    Args:
        spec: the consumer.
        backlog: where messages wait for a later attempt.
        set_aside: takes what cannot be handled.

    Attributes:
        woken: something in the backlog is due now.
    """

    def __init__(self, spec: ConsumerSpec, backlog: Backlog, set_aside: SetAside) -> None:
        self._spec = spec
        self._backlog = backlog
        self._set_aside = set_aside
        self._deferred: Counter[str] = Counter()
        self._full: set[str] = set()
        self.woken = asyncio.Event()

    async def defer(self, message: Message, *, delay_s: float = 0) -> Outcome:
        """Store the message for a later attempt."""
        if await self._is_lane_full(message.lane):
            return await self.give_up(message, BacklogFull())
        await self._backlog.add(message, delay_s=delay_s)
        if not delay_s:
            self.woken.set()
        return "retried" if message.failures else "deferred"

    async def failed(self, message: Message, error: Exception) -> Outcome:
        """Store the message for the next attempt of the schedule; a final error, and the last failure, make a letter.

        Any error that is not a domain rejection may be a fault of this code, which the next version handles.
        """
        schedule = self._spec.retry_schedule_s
        if is_final(error) or message.failures >= len(schedule):
            return await self.give_up(message, error)
        delay_s = schedule[message.failures]
        log.warning(
            "consumer.retry",
            consumer=self._spec.durable,
            failures=message.failures + 1,
            delay_s=delay_s,
            error=type(error).__name__,
            at=origin_of(error),
        )
        if message.attempts:
            await self._backlog.fail(message, delay_s=delay_s)
        else:
            await self.defer(replace(message, failures=1), delay_s=delay_s)
        return "retried"

    async def give_up(self, message: Message, reason: BaseException) -> Outcome:
        """Keep the original bytes and headers with the reason.

        Raises:
            OSError: the letter is not stored.
        """
        letter = Letter(
            source=self._spec.stream,
            worker=self._spec.durable,
            reference=str(message.sequence),
            reason=type(reason).__name__,
            organization_id=message.lane,
            size=len(message.body),
            origin=origin_of(reason),
            subject=message.subject,
            attempts=max(1, message.attempts + bool(message.failures)),
            round=message.headers.get(REDRIVEN_LETTER, ""),
            headers=message.headers,
            body=message.body,
        )
        try:
            await self._set_aside.put(letter)
        except Exception as exc:
            raise OSError("the letter is not stored") from exc
        await self.finish(message)
        return "parked"

    async def finish(self, message: Message) -> None:
        """Remove the message from the backlog, if it was taken from there."""
        if message.attempts:
            await self._backlog.remove(message)

    def is_exhausted(self, message: Message) -> bool:
        """Taken more often than failures and crashes allow."""
        return message.attempts > len(self._spec.retry_schedule_s) + _CRASHES_MAX

    async def _is_lane_full(self, lane: str) -> bool:
        """Counted anew for every thousandth message of a lane: the bound is against a flood, not exact."""
        self._deferred[lane] += 1
        if self._deferred[lane] % 1_000 == 0:
            del self._deferred[lane]
            if await self._backlog.count_of(self._spec.durable, lane, limit=_LANE_MAX) >= _LANE_MAX:
                self._full.add(lane)
            else:
                self._full.discard(lane)
        return lane in self._full
