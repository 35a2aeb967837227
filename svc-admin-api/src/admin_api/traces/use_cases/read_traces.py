"""Read traces from their stream."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from admin_api.events.ports import EventLog
from admin_api.traces.domain.trace import Span, Trace, read_spans, traces_of
from gateway_contracts.errors import NotFound
from gateway_kit.logging import get_logger

logger = get_logger(__name__)

STREAM: Final = "TRACES"
LATEST: Final = 3_000
"""Messages at the end of the stream among which traces are searched. A payment makes seven or eight."""
BATCH: Final = 500
SPANS_MAX: Final = 500
"""Spans of one trace that are shown; of more the earliest."""


@dataclass(frozen=True)
class TraceFilters:
    """Filters of a list.

    Attributes:
        service: traces with a span of this service.
        min_duration_ms: traces that took at least so long.
        is_error: traces in which a span failed (True) or none (False); None: all.
    """

    trace_id: str | None = None
    service: str | None = None
    min_duration_ms: int | None = None
    is_error: bool | None = None

    def fit(self, trace: Trace) -> bool:
        """Whether the trace is asked for."""
        return (
            self.trace_id in (None, trace.id)
            and (self.service is None or self.service in trace.services)
            and (self.min_duration_ms is None or trace.duration_ms >= self.min_duration_ms)
            and self.is_error in (None, trace.is_error)
        )


async def list_traces(filters: TraceFilters, limit: int, *, log: EventLog) -> list[Trace]:
    """The latest traces, newest first. Of the oldest among them the first spans may be missing.

    Raises:
        Transient: the bus does not answer.
    """
    subject = f"trace.{filters.trace_id}" if filters.trace_id else "trace.*"
    spans = [span async for span in _spans(subject, log=log)]
    found = [trace for trace in traces_of(spans) if filters.fit(trace)]
    return sorted(found, key=lambda trace: (trace.first.at, trace.id), reverse=True)[:limit]


async def read_trace(trace_id: str, *, log: EventLog) -> Trace:
    """One trace.

    Raises:
        NotFound: it was not recorded, or is not kept any more.
        Transient: the bus does not answer.
    """
    spans = [span async for span in _spans(f"trace.{trace_id}", log=log, is_whole_stream=True)]
    found = traces_of(spans)
    if not found:
        raise NotFound("this trace was not recorded, or is not kept any more", code="TRACE_NOT_FOUND")
    return Trace(trace_id, found[0].spans[:SPANS_MAX])


async def _spans(subject: str, *, log: EventLog, is_whole_stream: bool = False) -> AsyncIterator[Span]:
    """Spans of the latest messages. Of a single trace the whole stream is searched: the subject finds its messages."""
    head = await log.head(STREAM)
    after = head.first - 1 if is_whole_stream else max(head.first - 1, head.last - LATEST)
    for _ in range(LATEST // BATCH):
        batch = await log.read(STREAM, subject, after=after, head=head, limit=BATCH)
        for message in batch.messages:
            try:
                spans = read_spans(message.body)
            except ValueError:
                logger.warning("traces.unreadable", sequence=message.sequence)
                continue
            for span in spans:
                yield span
        if batch.is_end:
            return
        after = batch.read_to
