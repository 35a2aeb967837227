"""Traces as answers, and the filters that choose them."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import Path
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from admin_api.shared.domain.causes import build_tree
from admin_api.shared.web.schemas.base import View
from admin_api.traces.domain.trace import Trace
from admin_api.traces.use_cases.read_traces import TraceFilters
from gateway_contracts.limits import SHORT_CHARACTERS_MAX
from gateway_contracts.rules import FieldRules

TRACES_MAX: Final = 100
_TRACE_ID: Final = r"^[0-9a-f]{32}$"
_DURATION_MS_MAX: Final = 24 * 3600 * 1000
TraceId = Annotated[str, Path(pattern=_TRACE_ID, description="32 hex digits.")]
Status = Literal["succeeded", "failed"]


class ListedTracesIn(FieldRules):
    """Filters of the list."""

    model_config = ConfigDict(alias_generator=to_camel)

    trace_id: str | None = Field(None, max_length=32, pattern=_TRACE_ID, description="Only the trace with this id.")
    service: str | None = Field(
        None, max_length=SHORT_CHARACTERS_MAX, description="Only traces with a span of this service, such as svc-ipn."
    )
    min_duration_ms: int | None = Field(
        None, ge=0, le=_DURATION_MS_MAX, description="Only traces that took at least so many milliseconds."
    )
    status: Status | None = Field(
        None, description="failed: only traces with a span that failed. succeeded: all others."
    )
    limit: int = Field(50, ge=1, le=TRACES_MAX, description="Traces that are answered at most.")

    def filters(self) -> TraceFilters:
        """For the use case."""
        is_error = None if self.status is None else self.status == "failed"
        return TraceFilters(self.trace_id, self.service, self.min_duration_ms, is_error)


class TraceView(View):
    """One trace: what one request or message caused, across services."""

    id: str = Field(description="Id of the trace, 32 hex digits.")
    name: str = Field(description="Name of its first span, such as POST or a consumer.")
    at: datetime = Field(description="When it began, in UTC.")
    duration_ms: float = Field(description="Milliseconds from its beginning to the end of its last span.")
    services: tuple[str, ...] = Field(description="Services that took part, in the order in which they began.")
    span_count: int = Field(description="Number of its spans.")
    status: Status = Field(description="`failed` if a span failed.")
    viewer_url: str | None = Field(description="Address of the trace in the installation's viewer; null without one.")

    @classmethod
    def of(cls, trace: Trace, viewer: str | None) -> "TraceView":
        """The answer for a trace."""
        return cls(**_fields(trace, viewer))


class SpanView(View):
    """One step of a trace."""

    id: str = Field(description="Id of the span, 16 hex digits.")
    cause: str | None = Field(description="Id of the span that it is a part of; null for a beginning.")
    cause_lost: bool = Field(description="Whether the span that it is a part of was not recorded, or is not kept.")
    depth: int = Field(description="Number of spans above it.")
    service: str = Field(description="The service that it ran in.")
    name: str = Field(description="Name of the step.")
    kind: str = Field(description="`server`, `client`, `consumer`, `producer` or `internal`.")
    at: datetime = Field(description="When it began, in UTC.")
    duration_ms: float = Field(description="How long it took, in milliseconds.")
    status: Status = Field(description="Whether it failed.")
    attributes: dict[str, str] = Field(description="Further facts, such as the type of an event.")


class TraceDetailView(TraceView):
    """A trace with its spans, each after the span that it is a part of."""

    spans: tuple[SpanView, ...] = Field(description="At most 500 spans.")

    @classmethod
    def of(cls, trace: Trace, viewer: str | None) -> "TraceDetailView":
        """The answer for a trace."""
        spans = tuple(
            SpanView(
                id=node.step.id,
                cause=node.cause,
                cause_lost=node.is_cause_lost,
                depth=node.depth,
                service=node.step.service,
                name=node.step.name,
                kind=node.step.kind,
                at=node.step.at,
                duration_ms=node.step.duration_ms,
                status=_status(is_error=node.step.is_error),
                attributes=dict(node.step.attributes),
            )
            for node in build_tree(trace.spans)
        )
        return cls(**_fields(trace, viewer), spans=spans)


class TraceListView(View):
    """The latest traces."""

    traces: tuple[TraceView, ...] = Field(
        description="Newest first. They are searched among the latest 3,000 messages of the stream of traces."
    )


def _fields(trace: Trace, viewer: str | None) -> dict[str, Any]:
    return {
        "id": trace.id,
        "name": trace.first.name,
        "at": trace.first.at,
        "duration_ms": round(trace.duration_ms, 3),
        "services": trace.services,
        "span_count": len(trace.spans),
        "status": _status(is_error=trace.is_error),
        "viewer_url": viewer.replace("{traceId}", trace.id) if viewer else None,
    }


def _status(*, is_error: bool) -> Status:
    return "failed" if is_error else "succeeded"
