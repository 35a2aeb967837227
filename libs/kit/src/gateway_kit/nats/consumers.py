"""Durable consumers: what a failed delivery becomes is decided here, once, for every consumer."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from faststream import AckPolicy
from faststream.exceptions import NackMessage, RejectMessage
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from pydantic import ValidationError

from gateway_contracts.envelope import Envelope, EventData
from gateway_contracts.errors import Rejected
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.topology import ConsumerSpec
from gateway_kit import context
from gateway_kit.logging import get_logger
from gateway_kit.metrics import CONSUMER_SECONDS
from gateway_kit.mongo.unit_of_work import AlreadyHandled
from gateway_kit.nats.connection import inbox_prefix
from gateway_kit.nats.eager_pull import EagerPull
from gateway_kit.set_aside import Letter, SetAside, origin_of
from gateway_kit.telemetry import remote_span

log = get_logger(__name__)

EventHandler = Callable[[Envelope[Any]], Awaitable[None]]
RawHandler = Callable[[dict[str, str], bytes], Awaitable[None]]

REDRIVEN_FOR: Final = "Gw-Redriven-For"
"""On a dead letter that is delivered again: the one consumer that shall take it."""

# When even the dead letter cannot be written, the message waits this long for the next attempt.
PARK_FAILED_DELAY_S = 60


def read_event(body: bytes) -> Envelope[Any] | None:
    """The event of a message body; None for a type that this version does not know (a newer producer's).

    Raises:
        ValidationError, ValueError: not an event.
    """
    raw = json.loads(body)
    data_class: type[EventData] | None = EVENTS.get(raw["type"])
    if data_class is None:
        return None
    return Envelope[data_class].model_validate(raw)  # type: ignore[valid-type]


class Consumers:
    """Registers handlers on durable pull consumers of one service."""

    def __init__(self, broker: NatsBroker, service: str, set_aside: SetAside) -> None:
        self._broker = broker
        self._service = service
        self._set_aside = set_aside

    def on_event(self, spec: ConsumerSpec, handler: EventHandler) -> None:
        """Handle the JSON events of this consumer."""

        async def handle(headers: dict[str, str], body: bytes) -> None:
            event = read_event(body)
            if event is None:
                log.info("consumer.unknown_type", consumer=spec.durable)
                return
            with (
                remote_span(spec.durable, event.traceparent, type=event.type),
                context.working_on(correlation=event.correlation_id, causation=event.id),
            ):
                await handler(event)

        self._subscribe(spec, handle)

    def on_raw(self, spec: ConsumerSpec, handler: RawHandler) -> None:
        """Handle messages whose body is not JSON (attributes are in the headers)."""

        async def handle(headers: dict[str, str], body: bytes) -> None:
            with remote_span(spec.durable, headers.get("traceparent")):
                await handler(headers, body)

        self._subscribe(spec, handle)

    def _subscribe(self, spec: ConsumerSpec, handle: RawHandler) -> None:
        async def receive(message: NatsMessage) -> None:
            await self._guard(spec, handle, message)

        subscriber = self._broker.subscriber(
            spec.filter_subject,
            stream=JStream(spec.stream, declare=False),
            durable=spec.durable,
            pull_sub=PullSub(batch_size=spec.workers, timeout=5),
            max_workers=spec.workers,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            no_reply=True,
            inbox_prefix=inbox_prefix(self._service).encode() + b".",
            decoder=_itself,
            title=spec.durable,
        )
        subscriber(receive)
        _pull_eagerly(subscriber)
        _describe_once(subscriber)

    async def _guard(self, spec: ConsumerSpec, handle: RawHandler, message: NatsMessage) -> None:
        """Edge: acknowledge, retry later on the schedule, or park as a dead letter."""
        started, outcome = time.perf_counter(), "handled"
        try:
            await self._attempt(spec, handle, message)
        except AlreadyHandled:
            outcome = "known"
        except RejectMessage:
            outcome = "parked"
            raise
        except NackMessage:
            outcome = "retried"
            raise
        finally:
            CONSUMER_SECONDS.labels(spec.durable, outcome).observe(time.perf_counter() - started)

    async def _attempt(self, spec: ConsumerSpec, handle: RawHandler, message: NatsMessage) -> None:
        headers = {key: str(value) for key, value in (message.raw_message.headers or {}).items()}
        if headers.pop(REDRIVEN_FOR, spec.durable) != spec.durable:
            raise AlreadyHandled
        attempt = message.raw_message.metadata.num_delivered
        try:
            await handle(headers, message.body)
        except AlreadyHandled:
            raise
        except (Rejected, ValidationError, ValueError, KeyError) as exc:
            # It would fail the same way every time.
            await self._park(spec, message, headers, exc)
        except Exception as exc:
            if attempt > len(spec.retry_schedule_s):
                await self._park(spec, message, headers, exc)
            delay = spec.retry_schedule_s[attempt - 1]
            log.warning(
                "consumer.retry",
                consumer=spec.durable,
                attempt=attempt,
                delay_s=delay,
                error=type(exc).__name__,
                at=origin_of(exc),
            )
            raise NackMessage(delay=delay) from exc

    async def _park(self, spec: ConsumerSpec, message: NatsMessage, headers: dict[str, str], reason: Exception) -> None:
        """Keep the original bytes and headers with the reason, then give the message up."""
        metadata = message.raw_message.metadata
        letter = Letter(
            source=spec.stream,
            worker=spec.durable,
            reference=str(metadata.sequence.stream),
            reason=type(reason).__name__,
            organization_id=_organization_of(message.raw_message.subject),
            size=len(message.body),
            origin=origin_of(reason),
            subject=message.raw_message.subject,
            attempts=metadata.num_delivered,
            headers=headers,
            body=message.body,
        )
        try:
            await self._set_aside.put(letter)
        except Exception as exc:
            raise NackMessage(delay=PARK_FAILED_DELAY_S) from exc
        raise RejectMessage from reason


def _pull_eagerly(subscriber: Any) -> None:
    """Put our fetch in the place of nats-py's as soon as the subscriber has its subscription."""
    create_subscription = subscriber._create_subscription

    async def create() -> None:
        await create_subscription()
        if not isinstance(subscriber.subscription, EagerPull):
            subscriber.subscription = EagerPull(subscriber.subscription)

    subscriber._create_subscription = create


def _describe_once(subscriber: Any) -> None:
    """Say what FastStream's own log lines would name, instead of finding it out anew for each message.

    It would parse the subject with regular expressions every time, for a logger that our brokers do not have.
    """
    told = subscriber.get_log_context(None)
    subscriber.get_log_context = lambda message: dict(told)


async def _itself(message: NatsMessage) -> NatsMessage:
    """The handler gets the whole message; bodies are read inside the guard, where a malformed one is a dead letter."""
    return message


def _organization_of(subject: str) -> str:
    """Every event's subject ends with its organization."""
    return subject.rsplit(".", 1)[-1]
