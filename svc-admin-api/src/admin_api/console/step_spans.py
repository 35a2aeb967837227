"""Spans of traces below the steps of an explanation that they belong to. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

TRACES_MAX: Final = 5
"""Traces of one explanation that are read; those of reasons first."""
SPANS_MAX: Final = 50
"""Spans of one step that are shown; of more the earliest."""

Row = Mapping[str, Any]


def traces_of(steps: Sequence[Row]) -> list[str]:
    """The traces to read."""
    ranked = sorted((step for step in steps if step["traceId"]), key=lambda step: not step["isReason"])
    return list(dict.fromkeys(step["traceId"] for step in ranked))[:TRACES_MAX]


def spans_by_step(steps: Sequence[Row], trace_id: str, spans: Sequence[Row]) -> dict[str, list[Row]]:
    """The spans by the id of their step: the one of their service, in the trace or caused by it, that is nearest in
    time; else the first step of the trace. Steps stand after their causes."""
    carried: dict[str, str | None] = {}
    for step in steps:
        carried[step["id"]] = step["traceId"] or carried.get(step["cause"] or "")
    candidates = [step for step in steps if carried[step["id"]] == trace_id]
    found: dict[str, list[Row]] = {}
    for span in spans:
        own = [step for step in candidates if step["service"] == span["service"]] or candidates[:1]
        if own:
            nearest = min(own, key=lambda step: _between(step, span))
            found.setdefault(nearest["id"], []).append(span)
    return found


def first_step_of(steps: Sequence[Row], trace_id: str) -> str:
    """The step that says that a trace is not kept any more."""
    return str(next(step["id"] for step in steps if step["traceId"] == trace_id))


def _between(step: Row, span: Row) -> timedelta:
    return abs(datetime.fromisoformat(step["at"]) - datetime.fromisoformat(span["at"]))
