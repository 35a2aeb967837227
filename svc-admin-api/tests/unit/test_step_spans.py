"""Spans of traces below the steps that they belong to."""

from typing import Any

from admin_api.console.step_spans import TRACES_MAX, first_step_of, spans_by_step, traces_of

TRACE = "a" * 32


def a_step(name: str, service: str, second: int, *, cause: str | None = None, **more: Any) -> dict[str, Any]:
    at = f"2026-01-15T12:00:{second:02d}+00:00"
    return {"id": name, "service": service, "at": at, "cause": cause, "traceId": None, "isReason": False, **more}


def a_span(name: str, service: str, second: int) -> dict[str, Any]:
    return {"name": name, "service": service, "at": f"2026-01-15T12:00:{second:02d}.5+00:00"}


STEPS = [
    a_step("order", "svc-transaction", 0),
    a_step("request", "svc-checkout-api", 1, cause="order", traceId=TRACE),
    a_step("change", "svc-transaction", 2, cause="request", traceId=TRACE),
    a_step("notification", "svc-ipn", 3, cause="change"),
    a_step("attempt 1", "svc-ipn", 4, cause="notification"),
    a_step("attempt 2", "svc-ipn", 9, cause="notification"),
    a_step("webhook", "svc-webhook-ingest", 20, cause="change", traceId="b" * 32),
    a_step("later", "svc-transaction", 21, cause="webhook"),
]


def test_a_span_belongs_to_the_nearest_step_of_its_service_in_the_trace() -> None:
    spans = [
        a_span("POST", "svc-checkout-api", 1),
        a_span("rpc", "svc-transaction", 21),
        a_span("send", "svc-ipn", 8),
        a_span("render", "svc-invoice", 5),
    ]

    found = spans_by_step(STEPS, TRACE, spans)

    assert {step: [span["name"] for span in own] for step, own in found.items()} == {
        "request": ["POST", "render"],
        # The step at the same moment belongs to another trace.
        "change": ["rpc"],
        "attempt 2": ["send"],
    }


def test_a_trace_that_no_step_names_leaves_its_spans_out() -> None:
    assert spans_by_step(STEPS, "c" * 32, [a_span("x", "svc-ipn", 1)]) == {}


def test_few_traces_are_read_and_those_of_reasons_first() -> None:
    many = [a_step(str(number), "s", number, traceId=f"{number:032x}") for number in range(20)]
    many[19]["isReason"] = True

    assert traces_of(many) == [f"{number:032x}" for number in (19, *range(TRACES_MAX - 1))]
    assert first_step_of(STEPS, TRACE) == "request"
