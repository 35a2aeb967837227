"""Spans placed by hand, and the W3C trace context that ties one payment together across services.

Finished spans go to an OTLP endpoint when one is configured, and always to the short-lived ``TRACES`` stream, one
message per service and trace and flush, published without waiting.
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway_kit.trace_budget import TraceBudget, decided

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("gateway")

TraceMessage = tuple[str, bytes]
PublishTraces = Callable[[list[TraceMessage]], None]
"""Sends trace messages (subject, body) without waiting; called from the exporter's thread."""

# Spans wait this long, so that what one service does for one payment is one message.
FLUSH_MS: Final = 1_000
SPANS_MAX: Final = 4_096


OWN_SPANS_ONLY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""For FastAPI: its own spans carry paths and queries, which hold the secret names of checkouts. Ours name the route."""


class TraceStreamExporter(SpanExporter):
    """Hands finished spans to the ``TRACES`` stream, grouped by trace."""

    def __init__(self, service: str, publish: PublishTraces) -> None:
        self._service = service
        self._publish = publish

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        by_trace: dict[str, list[dict[str, object]]] = {}
        for span in spans:
            if span.context is not None:
                by_trace.setdefault(f"{span.context.trace_id:032x}", []).append(_describe(span))
        self._publish([self._message(trace_id, described) for trace_id, described in by_trace.items()])
        return SpanExportResult.SUCCESS

    def _message(self, trace_id: str, spans: list[dict[str, object]]) -> TraceMessage:
        body = json.dumps({"service": self._service, "traceId": trace_id, "spans": spans}).encode()
        return f"trace.{trace_id}", body


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
    service: str, *, otlp_endpoint: str | None, budget: TraceBudget, publish: PublishTraces | None
) -> TracerProvider:
    """Install the tracer of this process; whether a trace is recorded is decided before any attribute is computed."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}), sampler=ParentBased(budget))
    if otlp_endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter))
    if publish is not None:
        provider.add_span_processor(
            BatchSpanProcessor(
                TraceStreamExporter(service, publish), schedule_delay_millis=FLUSH_MS, max_queue_size=SPANS_MAX
            )
        )
    trace.set_tracer_provider(provider)
    return provider


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, **attributes: str | int | bool) -> Iterator[Span]:
    """One named step. An exception marks it failed by its type; messages may hold personal data and stay out."""
    with _opened(name, None, kind=kind, attributes=attributes) as current:
        yield current


@contextmanager
def _opened(
    name: str,
    parent: Context | None,
    *,
    kind: SpanKind,
    attributes: Mapping[str, str | int | bool],
    links: Sequence[Link] = (),
) -> Iterator[Span]:
    """A span under the parent (None: the current one). In a trace that is not recorded there is only its context."""
    known = trace.get_current_span(parent)
    if known.get_span_context().is_valid and not known.get_span_context().trace_flags.sampled:
        with _within(parent):
            yield known
        return
    with _tracer.start_as_current_span(
        name,
        context=parent,
        kind=kind,
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


@contextmanager
def _within(parent: Context | None) -> Iterator[None]:
    if parent is None:
        yield
        return
    token = attach(parent)
    try:
        yield
    finally:
        detach(token)


def current_traceparent() -> str | None:
    """The W3C header that continues the current trace, if there is one."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


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
    with _opened(name, parent, kind=kind, attributes=attributes) as current:
        yield current


@contextmanager
def root_span(name: str, budget: TraceBudget, *, kind: SpanKind) -> Iterator[str]:
    """The first step of a trace that begins here; gives the W3C header for whatever follows.

    A trace that is not recorded has no span at all, and its header tells the services behind not to decide again.
    """
    if not budget.take():
        # Ids of a trace are no secrets: the SDK takes them from the same source.
        ids = f"{random.getrandbits(192):048x}"
        yield f"00-{ids[:32]}-{ids[32:]}-00"
        return
    with _opened(name, decided(Context()), kind=kind, attributes={}):
        yield current_traceparent() or ""


@contextmanager
def continued_span(name: str, traceparent: str | None, **attributes: str | int | bool) -> Iterator[Span]:
    """One step that belongs to a story that began elsewhere, in whatever trace it is taken now.

    Its parent is the story's stored context, and a link leads to the trace in which it was taken (a webhook's own, a
    job's). Within the story's own trace, and without a story, it is a step of the current trace.
    """
    parent = extract({"traceparent": traceparent}) if traceparent else None
    story = trace.get_current_span(parent).get_span_context()
    here = trace.get_current_span().get_span_context()
    if not story.is_valid or story.trace_id == here.trace_id:
        parent = None
    links = [Link(here)] if parent is not None and here.is_valid and here.trace_flags.sampled else []
    with _opened(name, parent, kind=SpanKind.INTERNAL, attributes=attributes, links=links) as current:
        yield current
