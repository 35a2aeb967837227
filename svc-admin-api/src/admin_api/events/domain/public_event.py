"""The public form of an event."""

import functools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway_contracts.envelope import Envelope, EventData
from gateway_contracts.events.registry import EVENTS
from gateway_contracts.public_events import public_data


@dataclass(frozen=True)
class PublicEvent:
    """One event as its organization sees it.

    Attributes:
        site_id: None where the payload has no site.
        belongs_to_both: whether test and live mode share the object.
        data: the payload without encrypted and internal fields.
    """

    id: str
    type: str
    time: datetime
    livemode: bool
    belongs_to_both: bool
    organization_id: str
    entity_id: str
    site_id: str | None
    sequence: int
    correlation_id: str
    causation_id: str | None
    data: dict[str, Any]


def read_event(body: bytes) -> PublicEvent:
    """The public form of a stored message. Of a type that a later version added, only the envelope is known.

    Raises:
        ValueError: the message is no event.
    """
    raw = json.loads(body)
    kind = EVENTS.get(raw.get("type", ""), EventData) if isinstance(raw, dict) else EventData
    event = _envelope(kind).model_validate(raw)
    return PublicEvent(
        id=event.id,
        type=event.type,
        time=event.time,
        livemode=event.livemode,
        belongs_to_both=kind.BOTH_MODES,
        organization_id=event.organization_id,
        entity_id=event.entity_id,
        site_id=getattr(event.data, "site_id", None),
        sequence=event.sequence,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        data=public_data(event.data),
    )


def names_id(identifier: str, *fields: str) -> Callable[[bytes], bool]:
    """Whether a stored message can be an event that has this id in one of these fields of the wire.

    It looks at bytes: to read an event in full costs far more. Ids have no character that JSON escapes.
    """
    text = f'"{identifier}"'.encode()
    field = re.compile(rb'"(?:%s)"\s*:\s*%s' % ("|".join(fields).encode(), re.escape(text)))
    return lambda body: text in body and field.search(body) is not None


@functools.cache
def _envelope(kind: type[EventData]) -> type[Envelope[Any]]:
    return Envelope[kind]  # type: ignore[valid-type]  # the registry's class, known at run time only
