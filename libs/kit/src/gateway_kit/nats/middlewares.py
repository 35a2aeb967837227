"""FastStream middlewares of every durable consumer, the outermost first in `MIDDLEWARES`.

The broker's consumer is a shared queue, so nothing may stay in it: a message waits for a place of its tenant for a
moment only, and a failed one is stored in the service's database and acknowledged (ADR 0024). Only while that database
does not answer is a message handed back to the broker. Messages of the backlog take the same way.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from faststream import BaseMiddleware
from faststream.exceptions import NackMessage
from pymongo.errors import ConnectionFailure, PyMongoError

from gateway_contracts.envelope import Envelope
from gateway_kit import context
from gateway_kit.fairness import Busy
from gateway_kit.logging import get_logger
from gateway_kit.metrics import CONSUMER_SECONDS
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_kit.nats.delivery import REDRIVEN_FOR, Delivery
from gateway_kit.nats.retries import AttemptsExhausted, Outcome
from gateway_kit.telemetry import remote_span

log = get_logger(__name__)

Next = Callable[[Any], Awaitable[Any]]

# Deliveries without an acknowledgement, each perhaps a crash; then the attempts are counted in the backlog instead.
_LIVE_DELIVERIES_MAX: Final = 5
# The broker keeps a message while the database does not answer.
_DATABASE_DELAYS_S: Final = (0.5, 2, 5, 15, 30)


class Undecodable(Exception):
    """The decoder refused the message, and would refuse it again; the cause is the decoder's error."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


class Accounting(BaseMiddleware[Any, Any]):
    """Measures a delivery, and hands it back to the broker when the database took nothing."""

    async def consume_scope(self, call_next: Next, msg: Any) -> Outcome:
        """
        Raises:
            NackMessage: neither handled nor stored; the broker delivers it again after a while.
        """
        delivery: Delivery = msg
        started = time.perf_counter()
        outcome: Outcome = "retried"
        try:
            outcome = await call_next(delivery)
        except (PyMongoError, OSError) as exc:
            if delivery.deliveries:
                raise _handed_back(delivery, exc) from exc
            # Its lease runs out, and it is taken again.
            log.warning("consumer.backlog_failed", consumer=delivery.spec.durable, error=type(exc).__name__)
        finally:
            CONSUMER_SECONDS.labels(delivery.spec.durable, outcome).observe(time.perf_counter() - started)
        return outcome


class TenantShare(BaseMiddleware[Any, Any]):
    """Gives a place of the tenant's share; a message that finds none waits in the backlog."""

    async def consume_scope(self, call_next: Next, msg: Any) -> Outcome:
        """
        Raises:
            NackMessage: the process stops; another one takes the message.
        """
        delivery: Delivery = msg
        message, durable = delivery.message, delivery.spec.durable
        outcome: Outcome
        if not delivery.deliveries:
            outcome = await call_next(delivery)  # its place was taken with its claim
            return outcome
        if message.headers.pop(REDRIVEN_FOR, durable) != durable:
            return "known"
        if delivery.deliveries > _LIVE_DELIVERIES_MAX or delivery.intake.is_crowding(message.lane):
            return await delivery.retries.defer(message)
        try:
            async with delivery.intake.place(message):
                outcome = await call_next(delivery)
                return outcome
        except Busy:
            if delivery.intake.is_closing:
                raise NackMessage(delay=0) from None
            return await delivery.retries.defer(message)


class RetryPolicy(BaseMiddleware[Any, Any]):
    """Turns every error into a later attempt or a letter; only an unreachable database passes."""

    async def consume_scope(self, call_next: Next, msg: Any) -> Outcome:
        """
        Raises:
            ConnectionFailure: the database does not answer.
        """
        delivery: Delivery = msg
        message, retries = delivery.message, delivery.retries
        if retries.is_exhausted(message):
            return await retries.give_up(message, AttemptsExhausted())
        try:
            outcome: Outcome = await call_next(delivery)
        except ConnectionFailure:
            raise
        except Undecodable as exc:
            return await retries.give_up(message, exc.cause)
        except Exception as exc:
            return await retries.failed(message, exc)
        await retries.finish(message)
        return outcome


class Inbox(BaseMiddleware[Any, Any]):
    """Ends a repeated delivery: the inbox row is written in the handler's transaction, which refuses a second one."""

    async def consume_scope(self, call_next: Next, msg: Any) -> Outcome:
        """The handler's own result is dropped."""
        try:
            await call_next(msg)
        except AlreadyHandled:
            return "known"
        return "handled"


class Decoding(BaseMiddleware[Any, Any]):
    """Decodes before the handler runs, so that a malformed message is not taken for a failing handler."""

    async def consume_scope(self, call_next: Next, msg: Any) -> None:
        """
        Raises:
            Undecodable: malformed.
        """
        try:
            event = await msg.decode()
        except Exception as exc:
            raise Undecodable(exc) from exc
        if event is None:
            log.info("consumer.unknown_type", consumer=msg.spec.durable)
            return
        await call_next(msg)


class Tracing(BaseMiddleware[Any, Any]):
    """Continues the trace of the message, and binds the ids of an event for logs and the events that follow."""

    async def consume_scope(self, call_next: Next, msg: Any) -> None:
        """The span has the name of the consumer."""
        event, durable = await msg.decode(), msg.spec.durable
        if not isinstance(event, Envelope):
            with remote_span(durable, msg.headers.get("traceparent")):
                await call_next(msg)
            return
        with (
            remote_span(durable, event.traceparent, type=event.type),
            context.working_on(correlation=event.correlation_id, causation=event.id),
        ):
            await call_next(msg)


MIDDLEWARES: Final = (Accounting, TenantShare, RetryPolicy, Inbox, Decoding, Tracing)


def _handed_back(delivery: Delivery, exc: Exception) -> NackMessage:
    delay_s = _DATABASE_DELAYS_S[min(delivery.deliveries, len(_DATABASE_DELAYS_S)) - 1]
    log.warning("consumer.handed_back", consumer=delivery.spec.durable, delay_s=delay_s, error=type(exc).__name__)
    return NackMessage(delay=delay_s)
