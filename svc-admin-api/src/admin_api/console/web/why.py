"""Why a payment stands as it does: the reasons, and everything that happened as a waterfall."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import quote

from babel.numbers import get_decimal_symbol
from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.api import Refused
from admin_api.console.rendering import Page, locale_of, render
from admin_api.console.routing import page_router, see_other
from admin_api.console.step_spans import SPANS_MAX, first_step_of, spans_by_step, traces_of
from admin_api.console.translations import N_, translations
from admin_api.console.visitor import Visitor
from admin_api.console.waterfall import DEPTH_MAX, bars
from admin_api.explanations.domain.effect_steps import REPAIRED
from admin_api.explanations.domain.sentences import Translate, sentence
from admin_api.explanations.domain.subject import is_subject_id
from admin_api.shared.domain.durations import duration_text

router = page_router()
_TITLE: Final = N_("Why?")
ReaderIn = Annotated[Visitor, Depends(Admitted(("GET", "/explanations/{subject_id}")))]
_PARTS: Final = {"notifications": N_("notifications"), "documents": N_("documents")}
_TRACE: Final = "/traces/{trace_id}"
_TRACE_ID: Final = re.compile(r"[0-9a-f]{32}")
_TONES: Final = {"done": "good", "waiting": "wait", "failed": "bad"}


@router.get("/why")
async def ask(request: Request, visitor: ReaderIn) -> Response:
    """The question: an id that a person has in hand."""
    asked = request.query_params.get("id", "").strip()
    return see_other(f"/why/{quote(asked, safe='')}") if asked else render(_page(visitor), request)


@router.get("/why/{subject_id}")
async def show(subject_id: str, request: Request, visitor: ReaderIn) -> Response:
    """The answer."""
    is_trace = visitor.may("GET", _TRACE) and _TRACE_ID.fullmatch(subject_id) is not None
    unknown = _page(visitor, status=404, asked=subject_id, is_unknown=True, is_trace=is_trace)
    if not is_subject_id(subject_id):
        return render(unknown, request)
    answer = await visitor.api.ask("GET", f"/explanations/{subject_id}")
    if answer.status == 404:
        return render(unknown, request)
    if answer.data.get("code") == "EXPLANATION_AMBIGUOUS":
        return see_other("/payments", q=subject_id)
    if not answer.is_ok:
        raise Refused(answer)
    locale = locale_of(request)
    translate = translations(locale.language).gettext
    steps = answer.data["steps"]
    rows = _rows(steps, await _spans(steps, visitor), translate, get_decimal_symbol(locale))
    reasons = sorted((row for row in rows if row["isReason"]), key=lambda row: datetime.fromisoformat(row["at"]))
    unavailable = [translate(_PARTS[name]) for name in answer.data["unavailable"]]
    page = _page(
        visitor,
        asked=subject_id,
        explained=answer.data,
        rows=rows,
        reasons=reasons,
        repaired=[_end_of(row) for row in rows if row["code"] == REPAIRED],
        unavailable=unavailable,
    )
    return render(page, request)


def _end_of(row: dict[str, Any]) -> str:
    return (datetime.fromisoformat(row["at"]) + timedelta(milliseconds=row["durationMs"] or 0)).isoformat()


def _page(visitor: Visitor, *, status: int = 200, asked: str = "", **values: Any) -> Page:
    nothing: dict[str, Any] = {
        "may_trace": visitor.may("GET", _TRACE),
        "explained": None,
        "rows": [],
        "reasons": [],
        "repaired": [],
        "unavailable": [],
        "is_unknown": False,
        "is_trace": False,
    }
    return Page("why.html", _TITLE, visitor, {"asked": asked, **nothing, **values}, status)


@dataclass(frozen=True)
class _Spans:
    """Spans by step, and steps whose trace is not kept any more."""

    by_step: dict[str, list[Any]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)


async def _spans(steps: list[dict[str, Any]], visitor: Visitor) -> _Spans:
    """The spans of the traces that the steps name, where the visitor may see traces and they can be read now."""
    found = _Spans()
    if not visitor.may("GET", _TRACE):
        return found
    traces = traces_of(steps)
    answers = await asyncio.gather(*(visitor.api.ask("GET", f"/traces/{trace}") for trace in traces))
    for trace, answer in zip(traces, answers, strict=True):
        if answer.is_ok:
            for step, spans in spans_by_step(steps, trace, answer.data["spans"]).items():
                found.by_step.setdefault(step, []).extend(spans)
        elif answer.status == 404:
            found.lost.add(first_step_of(steps, trace))
    return found


def _shown(spans: list[Any], written: Callable[[float], str]) -> list[dict[str, Any]]:
    return [{**span, "took": written(span["durationMs"])} for span in spans[:SPANS_MAX]]


def _rows(steps: list[dict[str, Any]], spans: _Spans, translate: Translate, decimal_sign: str) -> list[dict[str, Any]]:
    """The steps with their sentences in the visitor's language, and their places on the axis."""
    moments = [datetime.fromisoformat(step["at"]) for step in steps]
    begun = min(moments, default=None)
    written = partial(duration_text, decimal_sign=decimal_sign)
    drawn = bars([(at, step["durationMs"] or 0) for at, step in zip(moments, steps, strict=True)])
    return [
        {
            **step,
            "sentence": sentence(step["code"], step["values"], translate),
            "level": min(step["depth"], DEPTH_MAX),
            "tone": _TONES[step["outcome"]],
            "after": written((at - begun) // timedelta(milliseconds=1)) if begun else "",
            "took": None if step["durationMs"] is None else written(step["durationMs"]),
            "bar": bar,
            "spans": _shown(spans.by_step.get(step["id"], []), written),
            "spanCount": len(spans.by_step.get(step["id"], [])),
            "isTraceLost": step["id"] in spans.lost,
        }
        for step, at, bar in zip(steps, moments, drawn, strict=True)
    ]
