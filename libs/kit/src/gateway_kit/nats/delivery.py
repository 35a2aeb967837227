"""One delivery of a message to its consumer, by the broker or from the backlog; FastStream handles both alike."""

from typing import Any, Final

from faststream.nats import NatsMessage
from nats.aio.msg import Msg

from gateway_contracts.topology import ConsumerSpec
from gateway_kit.nats.backlog import Message, message_of
from gateway_kit.nats.intake import Intake
from gateway_kit.nats.retries import Retries

REDRIVEN_FOR: Final = "Gw-Redriven-For"
"""On a message that is redriven: the one consumer that shall take it."""


class StoredMsg(Msg):
    """A message of the backlog in the form in which the broker delivers one; acknowledged when it was stored."""

    def __init__(self, message: Message) -> None:
        unconnected: Any = None
        super().__init__(unconnected, subject=message.subject, data=message.body, headers=message.headers, _ackd=True)
        self.message = message


class Delivery(NatsMessage):
    """FastStream's message, with what its consumer's middlewares work on.

    Attributes:
        message: the message as the backlog stores it.
        deliveries: by the broker, this one included; 0 for a message of the backlog.
        spec: the consumer.
        intake: its places.
        retries: where a message goes that is not handled now.
    """

    def __init__(self, raw: Msg, *, spec: ConsumerSpec, intake: Intake, retries: Retries) -> None:
        self.message = raw.message if isinstance(raw, StoredMsg) else _read(spec, raw)
        self.deliveries = 0 if isinstance(raw, StoredMsg) else raw.metadata.num_delivered
        self.spec = spec
        self.intake = intake
        self.retries = retries
        # Ids are given: FastStream would make a random one for each message.
        name = self.message.id
        super().__init__(raw, raw.data, headers=self.message.headers, correlation_id=name, message_id=name)


def _read(spec: ConsumerSpec, raw: Msg) -> Message:
    sequence = raw.metadata.sequence.stream
    return message_of(spec, sequence, subject=raw.subject, headers=raw.headers or {}, body=raw.data)
