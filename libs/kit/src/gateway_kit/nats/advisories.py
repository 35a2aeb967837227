"""What the server gave up by itself becomes a letter: deliveries that were exhausted or terminated.

Failed messages leave their consumer long before (`gateway_kit.nats.delivery`), so this is the net below.
"""

import json
from typing import Any

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from gateway_contracts.topology import CONSUMERS, ConsumerSpec
from gateway_kit.logging import get_logger
from gateway_kit.nats.delivery import RawHandler
from gateway_kit.set_aside import Letter, SetAside

log = get_logger(__name__)


def advisory_handler(service: str, js: JetStreamContext, set_aside: SetAside) -> RawHandler:
    """The handler of the service's consumer of advisories; those about other services' consumers are passed over."""
    own = {spec.durable: spec for spec in CONSUMERS if spec.service == service}

    async def handle(_headers: dict[str, str], body: bytes) -> None:
        advisory = json.loads(body)
        spec = own.get(advisory["consumer"])
        if spec is not None and spec.stream == advisory["stream"]:
            await set_aside.put(await _letter(spec, advisory, js))

    return handle


async def _letter(spec: ConsumerSpec, advisory: dict[str, Any], js: JetStreamContext) -> Letter:
    kind = str(advisory["type"]).rsplit(".", 1)[-1]
    sequence = int(advisory["stream_seq"])
    subject, headers, body = "", dict[str, str](), b""
    try:
        found = await js.get_msg(spec.stream, seq=sequence)
    except NotFoundError:
        # It left the stream meanwhile; that it was given up is worth knowing all the same.
        log.error("advisory.message_gone", consumer=spec.durable, sequence=sequence)
    else:
        subject, headers, body = found.subject or "", dict(found.headers or {}), found.data or b""
    return Letter(
        source=spec.stream,
        worker=spec.durable,
        reference=str(sequence),
        reason=kind,
        organization_id=subject.rsplit(".", 1)[-1],
        size=len(body),
        subject=subject,
        attempts=int(advisory.get("deliveries", 0)),
        headers=headers,
        body=body,
    )
