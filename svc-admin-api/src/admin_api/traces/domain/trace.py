"""Traces, as the stream of traces has them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """One step of a trace.

    Attributes:
        cause: id of the span that it is a part of; None for the first one.
        kind: ``server``, ``client``, ``consumer``, ``producer`` or ``internal``.
    """

    id: str
    trace_id: str
    cause: str | None
    service: str
    name: str
    kind: str
    at: datetime
    duration_ms: float
    is_error: bool
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        """When it was over."""
        return self.at + timedelta(milliseconds=self.duration_ms)


@dataclass(frozen=True)
class Trace:
    """Spans of one trace, the earliest first: at least one."""

    id: str
    spans: tuple[Span, ...]

    @property
    def first(self) -> Span:
        """The earliest span; of several one that is no part of another."""
        return min(self.spans, key=lambda span: (span.at, span.cause is not None))

    @property
    def duration_ms(self) -> float:
        """From the beginning of the first span to the end of the last one."""
        return (max(span.end for span in self.spans) - self.first.at) / timedelta(milliseconds=1)

    @property
    def services(self) -> tuple[str, ...]:
        """In the order in which they began."""
        return tuple(dict.fromkeys(span.service for span in self.spans))

    @property
    def is_error(self) -> bool:
        """Whether a span failed."""
        return any(span.is_error for span in self.spans)


def read_spans(body: bytes) -> list[Span]:
    """The spans of one message of the stream.

    Raises:
        ValueError: it has not the form of one.
    """
    try:
        message = json.loads(body)
        return [_span(message["service"], message["traceId"], each) for each in message["spans"]]
    except (KeyError, TypeError, OverflowError) as exc:
        raise ValueError("no message of spans") from exc


def traces_of(spans: Iterable[Span]) -> list[Trace]:
    """The traces that the spans belong to; a span that was sent twice counts once."""
    by_trace: dict[str, dict[str, Span]] = {}
    for span in spans:
        by_trace.setdefault(span.trace_id, {})[span.id] = span
    return [
        Trace(trace_id, tuple(sorted(found.values(), key=lambda span: (span.at, span.id))))
        for trace_id, found in by_trace.items()
    ]


def _span(service: str, trace_id: str, span: Mapping[str, Any]) -> Span:
    start, end = int(span["start"]), int(span["end"])
    return Span(
        id=str(span["spanId"]),
        trace_id=str(trace_id),
        cause=span["parentSpanId"],
        service=str(service),
        name=str(span["name"]),
        kind=str(span["kind"]),
        at=_EPOCH + timedelta(microseconds=start // 1_000),
        duration_ms=max(0, end - start) / 1_000_000,
        is_error=span["status"] == "error",
        attributes={str(name): str(value) for name, value in span["attributes"].items()},
    )
