"""Which traces are recorded, and that the decision holds for the whole trace."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased
from opentelemetry.trace import SpanKind

from gateway_kit import telemetry
from gateway_kit.telemetry import (
    TraceMessage,
    TraceStreamExporter,
    continued_span,
    current_trace_id,
    current_traceparent,
    remote_span,
    root_span,
    span,
)
from gateway_kit.trace_budget import TraceBudget

RECORDED = f"00-{'a' * 32}-{'b' * 16}-01"
UNRECORDED = f"00-{'c' * 32}-{'d' * 16}-00"


class Clock:
    """Seconds, moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(budget: TraceBudget, tries: int) -> int:
    return sum(budget.take() for _ in range(tries))


@pytest.mark.parametrize(
    ("per_second", "after_pauses"),
    [(5, [(0, 5), (0.4, 2), (3600, 5)]), (0.5, [(0, 1), (1, 0), (1, 1), (3600, 1)])],
    ids=["five a second", "one in two seconds"],
)
def test_burst_records_what_a_second_allows_and_one_at_least(
    per_second: float, after_pauses: list[tuple[float, int]]
) -> None:
    clock = Clock()
    budget = TraceBudget(ratio=1, per_second=per_second, now=clock)

    for pause, recorded in after_pauses:
        clock.now += pause
        assert taken(budget, 100) == recorded


@pytest.mark.parametrize(("ratio", "per_second"), [(0, 1000), (1, 0)])
def test_nothing_is_recorded_where_nothing_is_allowed(ratio: float, per_second: float) -> None:
    assert taken(TraceBudget(ratio=ratio, per_second=per_second), 100) == 0


@given(st.lists(st.floats(0, 10), max_size=50), st.floats(0.1, 20))
def test_never_more_than_the_limit_over_any_time(pauses: list[float], per_second: float) -> None:
    clock = Clock()
    budget = TraceBudget(ratio=1, per_second=per_second, now=clock)
    recorded = taken(budget, 50)
    for pause in pauses:
        clock.now += pause
        recorded += taken(budget, 50)

    assert recorded <= max(1.0, per_second) + clock.now * per_second + 1e-6


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[TraceMessage]]:
    """A tracer of this test's own; what it sent."""
    sent: list[TraceMessage] = []
    provider = TracerProvider(sampler=ParentBased(TraceBudget(ratio=1, per_second=0)))
    provider.add_span_processor(SimpleSpanProcessor(TraceStreamExporter("test", sent.extend)))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("test"))
    yield sent
    provider.shutdown()


def names(sent: list[TraceMessage]) -> list[str]:
    return [described["name"] for _, body in sent for described in json.loads(body)["spans"]]


def test_recorded_trace_has_all_its_spans(recorded: list[TraceMessage]) -> None:
    with remote_span("outer", RECORDED), span("inner"):
        assert current_trace_id() == "a" * 32

    assert names(recorded) == ["inner", "outer"]
    assert {subject for subject, _ in recorded} == {f"trace.{'a' * 32}"}


def test_unrecorded_trace_has_its_id_and_no_spans(recorded: list[TraceMessage]) -> None:
    with remote_span("outer", UNRECORDED) as outer, span("inner", amount=1) as inner:
        assert current_trace_id() == "c" * 32
        assert current_traceparent() == UNRECORDED
        assert not outer.is_recording()
        assert not inner.is_recording()

    assert recorded == []
    assert current_trace_id() is None


def test_failure_inside_an_unrecorded_trace_passes_through_and_leaves_nothing_behind() -> None:
    with pytest.raises(ZeroDivisionError), remote_span("outer", UNRECORDED):
        raise ZeroDivisionError

    assert current_trace_id() is None


@pytest.mark.parametrize(
    ("story", "here", "spans"), [(RECORDED, UNRECORDED, ["step"]), (UNRECORDED, RECORDED, ["outer"])]
)
def test_step_of_a_story_is_recorded_as_the_story_is(
    recorded: list[TraceMessage], story: str, here: str, spans: list[str]
) -> None:
    with remote_span("outer", here), continued_span("step", story):
        assert current_trace_id() == story.split("-")[1]

    assert names(recorded) == spans


def test_budget_decides_at_the_root_once(recorded: list[TraceMessage]) -> None:
    budget = TraceBudget(ratio=1, per_second=1)
    with root_span("first", budget, kind=SpanKind.SERVER) as first, span("inner"):
        assert current_traceparent() is not None
    with root_span("second", budget, kind=SpanKind.SERVER) as second:
        assert not trace.get_current_span().get_span_context().is_valid

    assert [int(header[-2:], 16) & 1 for header in (first, second)] == [1, 0]
    assert names(recorded) == ["inner", "first"]
