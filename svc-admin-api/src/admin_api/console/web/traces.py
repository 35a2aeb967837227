"""One trace: its spans across services as a waterfall."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from babel.numbers import get_decimal_symbol
from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.rendering import Page, locale_of, render
from admin_api.console.routing import page_router
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from admin_api.console.waterfall import DEPTH_MAX, bars
from admin_api.shared.domain.durations import duration_text
from admin_api.shared.errors import not_found

router = page_router()
ReaderIn = Annotated[Visitor, Depends(Admitted(("GET", "/traces/{trace_id}")))]


@router.get("/traces/{trace_id}")
async def show(trace_id: str, request: Request, visitor: ReaderIn) -> Response:
    """The trace."""
    if not trace_id.isalnum():
        raise not_found("trace")
    trace = await visitor.api.read(f"/traces/{trace_id}")
    written = partial(duration_text, decimal_sign=get_decimal_symbol(locale_of(request)))
    values = {"trace": trace, "took": written(trace["durationMs"]), "rows": _rows(trace["spans"], written)}
    return render(Page("trace.html", N_("Trace"), visitor, values), request)


def _rows(spans: list[dict[str, Any]], written: Any) -> list[dict[str, Any]]:
    starts = [datetime.fromisoformat(span["at"]) for span in spans]
    drawn = bars([(at, span["durationMs"]) for at, span in zip(starts, spans, strict=True)], is_linear=True)
    return [
        {
            **span,
            "level": min(span["depth"], DEPTH_MAX),
            "tone": "bad" if span["status"] == "failed" else "good",
            "took": written(span["durationMs"]),
            "bar": bar,
        }
        for span, bar in zip(spans, drawn, strict=True)
    ]
