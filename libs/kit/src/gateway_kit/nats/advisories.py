"""Messages that the server gave up become dead letters: deliveries that were exhausted or terminated.

Failed messages leave their consumer long before (`gateway_kit.nats.middlewares`), so this is the net below.
"""

import json
from dataclasses import dataclass

from faststream.nats import NatsMessage
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from gateway_contracts.topology import ADVISORY_CONSUMERS, CONSUMERS, ConsumerSpec
from gateway_kit.logging import get_logger
from gateway_kit.nats.consumers import EventRouter
from gateway_kit.set_aside import Letter, SetAside

log = get_logger(__name__)


@dataclass(frozen=True)
class Advisory:
    """The server's message that it gave up a delivery.

    Attributes:
        kind: ``max_deliver`` or ``terminated``.
        sequence: that of the message in its stream.
        deliveries: how often it was delivered; 0 where the server does not say.
    """

    kind: str
    stream: str
    consumer: str
    sequence: int
    deliveries: int


async def decode_advisory(message: NatsMessage) -> Advisory:
    """
    Raises:
        ValueError, KeyError: not an advisory of a delivery.
    """
    raw = json.loads(message.body)
    return Advisory(
        kind=str(raw["type"]).rsplit(".", 1)[-1],
        stream=raw["stream"],
        consumer=raw["consumer"],
        sequence=int(raw["stream_seq"]),
        deliveries=int(raw.get("deliveries", 0)),
    )


def router(*, service: str, js: JetStreamContext, set_aside: SetAside) -> EventRouter:
    """The service's consumer of advisories."""
    made = EventRouter()
    own = {spec.durable: spec for spec in CONSUMERS if spec.service == service}
    (durable,) = (spec.durable for spec in ADVISORY_CONSUMERS if spec.service == service)

    @made.subscriber(durable, decoder=decode_advisory)
    async def on_advisory(advisory: Advisory) -> None:
        """Make a letter; those about other services' consumers are passed over."""
        spec = own.get(advisory.consumer)
        if spec is not None and spec.stream == advisory.stream:
            await set_aside.put(await _letter(spec, advisory, js))

    return made


async def _letter(spec: ConsumerSpec, advisory: Advisory, js: JetStreamContext) -> Letter:
    subject, headers, body = "", dict[str, str](), b""
    try:
        found = await js.get_msg(spec.stream, seq=advisory.sequence)
    except NotFoundError:
        # It left the stream meanwhile; that it was given up is worth knowing all the same.
        log.error("advisory.message_gone", consumer=spec.durable, sequence=advisory.sequence)
    else:
        subject, headers, body = found.subject or "", dict(found.headers or {}), found.data or b""
    return Letter(
        source=spec.stream,
        worker=spec.durable,
        reference=str(advisory.sequence),
        reason=advisory.kind,
        organization_id=subject.rsplit(".", 1)[-1],
        size=len(body),
        subject=subject,
        attempts=advisory.deliveries,
        headers=headers,
        body=body,
    )
