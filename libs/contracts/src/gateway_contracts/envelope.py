"""The envelope of every event, with CloudEvents attribute names and ours beside them."""

from datetime import datetime
from typing import ClassVar, Generic, TypeVar

from pydantic import Field

from gateway_contracts.base import Contract


class EventData(Contract):
    """The payload of an event. Subclasses name their versioned type in ``TYPE`` and register in events.registry.

    Attributes:
        BOTH_MODES: whether the object serves test and live mode alike; its events belong to both.
    """

    TYPE: ClassVar[str] = ""
    BOTH_MODES: ClassVar[bool] = False


Data = TypeVar("Data", bound=EventData)


class Envelope(Contract, Generic[Data]):
    """One fact, published once, immutable.

    Attributes:
        id: unique; also the message id on the bus and the inbox key of consumers.
        type: versioned name, such as ``transaction.succeeded.v1``; the subject is type plus organization.
        sequence: version of the aggregate after this fact. Consumers apply newer ones and ignore older ones.
        correlation_id: the same for everything that one request caused.
        causation_id: id of the event, request or webhook that led to this fact.
    """

    specversion: str = "1.0"
    id: str
    source: str
    type: str
    time: datetime
    dataschema: str
    organization_id: str
    livemode: bool
    entity_id: str
    sequence: int = Field(ge=1)
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None
    data: Data

    @property
    def subject(self) -> str:
        """Where it is published: the type and the organization."""
        return f"{self.type}.{self.organization_id}"
