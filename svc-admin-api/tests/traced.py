"""Messages of the stream of traces, as services publish them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from events_world import START, MemoryLog, MemoryStream

from admin_api.traces.use_cases.read_traces import STREAM
from gateway_kit.nats.stream_reader import StoredMessage

TRACE, OTHER = "a" * 32, "b" * 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def a_span(name: str, start_ms: float, end_ms: float, *, parent: str | None = None, **more: Any) -> dict[str, Any]:
    """A span; its id is made of its name."""
    begun = (START - _EPOCH) // timedelta(microseconds=1) * 1_000
    return {
        "name": name,
        "spanId": name.encode().hex()[:16].ljust(16, "0"),
        "parentSpanId": parent.encode().hex()[:16].ljust(16, "0") if parent else None,
        "kind": "internal",
        "start": begun + int(start_ms * 1_000_000),
        "end": begun + int(end_ms * 1_000_000),
        "status": "unset",
        "attributes": {},
        "links": [],
        **more,
    }


def record(log: MemoryLog, service: str, *spans: dict[str, Any], trace_id: str = TRACE) -> None:
    """One message of the stream."""
    stream = log.streams.setdefault(STREAM, MemoryStream())
    body = json.dumps({"service": service, "traceId": trace_id, "spans": spans}).encode()
    stream.messages.append((f"trace.{trace_id}", StoredMessage(stream.head.last + 1, log.now, body)))


def a_payment_traced(log: MemoryLog) -> None:
    """A payment across three services, and a quick health check."""
    record(log, "svc-ipn", a_span("ipn.send", 30, 180, parent="consume", status="error", attributes={"attempt": 1}))
    record(
        log,
        "svc-transaction",
        a_span("rpc.create", 2, 12.5, parent="POST"),
        a_span("advance", 3, 4, parent="rpc.create"),
    )
    record(log, "svc-checkout-api", a_span("POST", 0, 20, kind="server"))
    record(log, "svc-ipn", a_span("consume", 25, 200, parent="rpc.create", kind="consumer"))
    record(log, "svc-admin-api", a_span("GET", 500, 501, kind="server"), trace_id=OTHER)
