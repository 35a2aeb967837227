"""Spans placed by hand, and the W3C trace context that ties one payment together across services.

Finished spans go to an OTLP endpoint when one is configured, and always to the short-lived ``TRACES`` stream, one
message per service and trace and flush, published without waiting.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("gateway")

PublishTrace = Callable[[str, bytes], None]
"""Sends one trace message (subject, body) without waiting; called from the exporter's thread."""


class TraceStreamExporter(SpanExporter):
    """Hands finished spans to the ``TRACES`` stream, grouped by trace."""

    def __init__(self, service: str, publish: PublishTrace) -> None:
        self._service = service
        self._publish = publish

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        by_trace: dict[str, list[dict[str, object]]] = {}
        for span in spans:
            if span.context is not None:
                by_trace.setdefault(f"{span.context.trace_id:032x}", []).append(_describe(span))
        for trace_id, described in by_trace.items():
            body = json.dumps({"service": self._service, "traceId": trace_id, "spans": described}).encode()
            self._publish(f"trace.{trace_id}", body)
        return SpanExportResult.SUCCESS


def _describe(span: ReadableSpan) -> dict[str, object]:
    assert span.context is not None
    return {
        "name": span.name,
        "spanId": f"{span.context.span_id:016x}",
        "parentSpanId": f"{span.parent.span_id:016x}" if span.parent else None,
        "kind": span.kind.name.lower(),
        "start": span.start_time,
        "end": span.end_time,
        "status": span.status.status_code.name.lower(),
        "attributes": dict(span.attributes or {}),
        "links": [
            {"traceId": f"{link.context.trace_id:032x}", "spanId": f"{link.context.span_id:016x}"}
            for link in span.links
        ],
    }


def configure_telemetry(
    service: str, *, otlp_endpoint: str | None, sample_ratio: float, publish: PublishTrace | None
) -> TracerProvider:
    """Install the tracer of this process; the sampling decision is made before any attribute is computed."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}), sampler=ParentBased(TraceIdRatioBased(sample_ratio))
    )
    if otlp_endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    if publish is not None:
        provider.add_span_processor(
            BatchSpanProcessor(TraceStreamExporter(service, publish), schedule_delay_millis=500, max_queue_size=4096)
        )
    trace.set_tracer_provider(provider)
    return provider


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int | bool) -> Iterator[Span]:
    """One named step. An exception marks it failed by its type; messages may hold personal data and stay out."""
    with _tracer.start_as_current_span(
        name, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as exc:
            current.set_status(Status(StatusCode.ERROR, type(exc).__name__))
            raise


def current_traceparent() -> str | None:
    """The W3C header that continues the current trace, if there is one."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


def current_trace_id() -> str | None:
    """The id of the current trace in hex, if there is one."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def extract(carrier: Mapping[str, str]) -> Context:
    """The trace context of incoming headers (an absent or malformed one starts a new trace)."""
    return _propagator.extract(carrier)


@contextmanager
def remote_span(
    name: str, traceparent: str | None, *, kind: SpanKind = SpanKind.CONSUMER, **attributes: str | int | bool
) -> Iterator[Span]:
    """One step whose parent ran in another process or at another time."""
    parent = extract({"traceparent": traceparent}) if traceparent else Context()
    with _tracer.start_as_current_span(
        name, context=parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as exc:
            current.set_status(Status(StatusCode.ERROR, type(exc).__name__))
            raise


@contextmanager
def continued_span(name: str, traceparent: str | None, **attributes: str | int | bool) -> Iterator[Span]:
    """One step that belongs to a story that began elsewhere, in whatever trace it is taken now.

    Its parent is the story's stored context, and a link leads to the trace in which it was taken (a webhook's own, a
    job's). Within the story's own trace, and without a story, it is a step of the current trace.
    """
    story = trace.get_current_span(extract({"traceparent": traceparent})).get_span_context() if traceparent else None
    here = trace.get_current_span().get_span_context()
    if story is None or not story.is_valid or story.trace_id == here.trace_id:
        with span(name, kind=SpanKind.INTERNAL, **attributes) as current:
            yield current
        return
    links = [Link(here)] if here.is_valid else []
    with _tracer.start_as_current_span(
        name,
        context=extract({"traceparent": traceparent or ""}),
        kind=SpanKind.INTERNAL,
        attributes=attributes,
        links=links,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as exc:
            current.set_status(Status(StatusCode.ERROR, type(exc).__name__))
            raise
