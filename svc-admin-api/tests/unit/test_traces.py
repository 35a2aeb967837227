"""Traces from their messages: joined across services, chosen by filters, within a limit."""

import json
from typing import Any

import pytest
from events_world import START, MemoryLog, MemoryStream
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from traced import OTHER, TRACE, a_payment_traced, a_span, record

from admin_api.settings import ViewerAddress
from admin_api.traces.domain.trace import read_spans
from admin_api.traces.use_cases import read_traces
from admin_api.traces.use_cases.read_traces import STREAM, TraceFilters, list_traces, read_trace
from admin_api.traces.web.schemas.traces import TraceDetailView
from gateway_contracts.errors import NotFound
from gateway_kit.nats.stream_reader import StoredMessage


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog()
    a_payment_traced(log)
    return log


def dumped(message: object) -> bytes:
    return json.dumps(message).encode()


async def found(log: MemoryLog, **filters: Any) -> list[str]:
    return [trace.id for trace in await list_traces(TraceFilters(**filters), 50, log=log)]


async def test_a_trace_is_joined_across_services(log: MemoryLog) -> None:
    newest, payment = await list_traces(TraceFilters(), 50, log=log)
    assert (newest.id, payment.id) == (OTHER, TRACE)
    assert payment.first.name == "POST"
    assert payment.services == ("svc-checkout-api", "svc-transaction", "svc-ipn")
    assert (payment.duration_ms, payment.is_error, newest.is_error) == (200, True, False)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"trace_id": TRACE}, [TRACE]),
        ({"trace_id": "c" * 32}, []),
        ({"service": "svc-ipn"}, [TRACE]),
        ({"service": "svc-admin-api"}, [OTHER]),
        ({"min_duration_ms": 200}, [TRACE]),
        ({"min_duration_ms": 201}, []),
        ({"is_error": True}, [TRACE]),
        ({"is_error": False}, [OTHER]),
    ],
)
async def test_filters(log: MemoryLog, filters: dict[str, Any], expected: list[str]) -> None:
    assert await found(log, **filters) == expected


async def test_spans_stand_below_the_span_that_they_are_a_part_of(log: MemoryLog) -> None:
    trace = TraceDetailView.of(await read_trace(TRACE, log=log), "https://viewer.example/trace/{traceId}?x=1")
    assert [(span.depth, span.name) for span in trace.spans] == [
        (0, "POST"),
        (1, "rpc.create"),
        (2, "advance"),
        (2, "consume"),
        (3, "ipn.send"),
    ]
    assert trace.spans[-1].attributes == {"attempt": "1"}
    assert trace.viewer_url == f"https://viewer.example/trace/{TRACE}?x=1"


async def test_a_trace_that_is_not_kept_is_not_found(log: MemoryLog) -> None:
    with pytest.raises(NotFound):
        await read_trace("c" * 32, log=log)


async def test_a_message_that_cannot_be_read_hides_no_other_one(log: MemoryLog) -> None:
    stream = log.streams[STREAM]
    for body in (b"{", b"[]", b"{}", b'{"service":"s","traceId":"t","spans":[{}]}', b'{"spans":1}'):
        stream.messages.append((f"trace.{TRACE}", StoredMessage(stream.head.last + 1, START, body)))
    assert await found(log) == [OTHER, TRACE]


@given(
    st.binary(max_size=30)
    | st.recursive(st.none() | st.text(max_size=5), lambda e: st.lists(e)).map(str).map(str.encode)
)
def test_whatever_is_no_message_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any text of it
        read_spans(body)


async def test_lists_read_the_latest_messages_only(log: MemoryLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_traces, "LATEST", 4)
    monkeypatch.setattr(read_traces, "BATCH", 2)
    log.given = 0
    for number in range(20):
        record(log, "svc-ipn", a_span("send", number, number + 1), trace_id=f"{number:032x}")
    assert await found(log) == [f"{number:032x}" for number in (19, 18, 17, 16)]
    assert log.given <= 4


async def test_an_empty_stream_has_no_traces() -> None:
    log = MemoryLog()
    log.streams[STREAM] = MemoryStream()
    assert await found(log) == []


@pytest.mark.parametrize("address", ["https://viewer.example", "javascript:alert({traceId})", "https://v.example/{id}"])
def test_an_address_of_a_viewer_names_the_place_of_the_id(address: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(ViewerAddress).validate_python(address)
    assert TypeAdapter(ViewerAddress).validate_python("https://v.example/{traceId}?a=1")
