"""Durable consumers of a service: typed handlers on FastStream's pull subscribers."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub

from gateway_contracts.envelope import Envelope, EventData
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.topology import ConsumerSpec
from gateway_kit import context
from gateway_kit.logging import get_logger
from gateway_kit.nats.backlog import Backlog
from gateway_kit.nats.connection import inbox_prefix
from gateway_kit.nats.delivery import INTAKE_MAX, Deliveries, RawHandler
from gateway_kit.nats.eager_pull import EagerPull
from gateway_kit.set_aside import SetAside
from gateway_kit.telemetry import remote_span

log = get_logger(__name__)

EventHandler = Callable[[Envelope[Any]], Awaitable[None]]


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

    def __init__(self, broker: NatsBroker, service: str, *, backlog: Backlog, set_aside: SetAside) -> None:
        self._broker = broker
        self._service = service
        self._backlog = backlog
        self._set_aside = set_aside
        self._deliveries: list[Deliveries] = []

    def on_event(self, spec: ConsumerSpec, handler: EventHandler) -> Deliveries:
        """Handle the JSON events of this consumer; what is returned has to run beside it."""

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

        return self._subscribe(spec, handle)

    def on_raw(self, spec: ConsumerSpec, handler: RawHandler) -> Deliveries:
        """Handle messages whose attributes are in the headers; what is returned has to run beside it."""

        async def handle(headers: dict[str, str], body: bytes) -> None:
            with remote_span(spec.durable, headers.get("traceparent")):
                await handler(headers, body)

        return self._subscribe(spec, handle)

    def close(self) -> None:
        """Give back to the broker what waits for a place."""
        for deliveries in self._deliveries:
            deliveries.close()

    def _subscribe(self, spec: ConsumerSpec, handle: RawHandler) -> Deliveries:
        deliveries = Deliveries(spec, handle, self._backlog, self._set_aside)
        self._deliveries.append(deliveries)
        subscriber = self._broker.subscriber(
            spec.filter_subject,
            stream=JStream(spec.stream, declare=False),
            durable=spec.durable,
            pull_sub=PullSub(batch_size=spec.workers, timeout=5),
            # Not the handlers that run at once: these are bounded per tenant by `Deliveries`.
            max_workers=INTAKE_MAX,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            no_reply=True,
            inbox_prefix=inbox_prefix(self._service).encode() + b".",
            decoder=_itself,
            title=spec.durable,
        )
        subscriber(deliveries.receive)
        _pull_eagerly(subscriber)
        _describe_once(subscriber)
        return deliveries


def _pull_eagerly(subscriber: Any) -> None:
    """Put our fetch in the place of nats-py's as soon as the subscriber has its subscription."""
    create_subscription = subscriber._create_subscription

    async def create() -> None:
        await create_subscription()
        if not isinstance(subscriber.subscription, EagerPull):
            subscriber.subscription = EagerPull(subscriber.subscription)

    subscriber._create_subscription = create


def _describe_once(subscriber: Any) -> None:
    """State what FastStream's own log lines would name, instead of finding it out anew for each message.

    It would parse the subject with regular expressions every time, for a logger that our brokers do not have.
    """
    described = subscriber.get_log_context(None)
    subscriber.get_log_context = lambda message: dict(described)


async def _itself(message: NatsMessage) -> NatsMessage:
    """The handler gets the whole message; its body is read inside the guard, where a malformed one gets a letter."""
    return message
