"""Registration of typed handlers on the durable consumers of a service."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from faststream._internal.broker.registrator import Registrator
from faststream.nats import NatsMessage, NatsRouter

from gateway_contracts.envelope import Envelope, EventData
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.topology import consumer
from gateway_kit.nats.middlewares import MIDDLEWARES
from gateway_kit.nats.subscriber import DurableSubscriber

Decoder = Callable[[NatsMessage], Awaitable[Any]]
"""Reads the body and headers of a message; None for a type that this version does not know (a newer producer's)."""


async def decode_event(message: NatsMessage) -> Envelope[Any] | None:
    """The event of a JSON message.

    Raises:
        ValidationError, ValueError, KeyError: not an event.
    """
    raw = json.loads(message.body)
    data_class: type[EventData] | None = EVENTS.get(raw["type"])
    if data_class is None:
        return None
    return Envelope[data_class].model_validate(raw)  # type: ignore[valid-type]


class EventRouter(NatsRouter):
    """Handlers of durable consumers. Stream, subject, bounds and retry schedule come from the topology.

    ``@router.subscriber("invoice-on-refunds")`` registers the function below it; the middlewares are those of
    `gateway_kit.nats.middlewares`.
    """

    def __init__(self) -> None:
        super().__init__(middlewares=MIDDLEWARES)
        self.durable_subscribers: list[DurableSubscriber] = []

    def subscriber(  # type: ignore[override]  # NatsRouter's own has no knowledge of the topology
        self, durable: str, *, decoder: Decoder = decode_event
    ) -> DurableSubscriber:
        """The decorator of a handler.

        Args:
            durable: the consumer's name in the topology.
            decoder: reads its messages.

        Raises:
            KeyError: the topology has no such consumer.
        """
        made = DurableSubscriber(consumer(durable), self.config)
        Registrator.subscriber(self, made)
        self.durable_subscribers.append(made)
        return made.add_call(parser_=made.parse, decoder_=decoder, dependencies_=())
