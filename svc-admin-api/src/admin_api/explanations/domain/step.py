"""One thing that happened, and the thing that caused it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

Kind = Literal[
    "order",
    "request",
    "webhook",
    "change",
    "call",
    "event",
    "refund",
    "dispute",
    "case",
    "notification",
    "attempt",
    "document",
]
Outcome = Literal["done", "waiting", "failed"]
READS: Final = ("transaction:read", "invoice:read", "credit_note:read")
"""Scopes with which steps are read: a key that reads payments sees their notifications and documents with them."""


@dataclass(frozen=True)
class Step:
    """One thing that happened.

    Attributes:
        id: unique within an explanation, made of the kind and stored ids.
        cause: id of the step that caused it; None for a beginning.
        code: what happened; the key of its sentence.
        values: of the sentence.
        is_reason: it answers why something failed. The other failed steps follow from one that does.
        service: the service that knows it.
        subject_id: the stored object, event or request that it is about.
        duration_ms: how long it took, where that is stored.
    """

    id: str
    kind: Kind
    at: datetime
    code: str
    service: str
    cause: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome = "done"
    is_reason: bool = False
    subject_id: str | None = None
    trace_id: str | None = None
    duration_ms: int | None = None
