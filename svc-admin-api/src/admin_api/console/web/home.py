"""The first page: figures of the selected organization, compared with the period before."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from babel import Locale
from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.api import Answer, Refused
from admin_api.console.figures import BAR_WIDTH, CHART_HEIGHT, bars_of, change_text, rate_text
from admin_api.console.other_mode import only_test_has_payments
from admin_api.console.rendering import Page, locale_of, render
from admin_api.console.routing import page_router
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor

router = page_router()
_SUMMARY: Final = "/reports/summary"
ReaderIn = Annotated[Visitor, Depends(Admitted(("GET", _SUMMARY)))]
_INVOICES: Final = "/invoices"
_DELIVERIES: Final = "/ipn/deliveries"
_FILTERS: Final = ("from", "to", "currency", "siteId")
_NAMES_MAX: Final = 100
"""Sites and providers with a name on the page; others are shown by their ids."""


@router.get("/")
async def show(request: Request, visitor: ReaderIn) -> Response:
    """Figures of the selected organization. The address has all filters."""
    given = request.query_params
    query = {name: given[name].strip() for name in _FILTERS if given.get(name, "").strip()}
    answer, open_invoices, undelivered, sites, providers = await asyncio.gather(
        visitor.api.ask("GET", _SUMMARY, query=query),
        _open_invoices(query, visitor),
        _undelivered(query, visitor),
        _names(visitor, "/sites", "sites", "name"),
        _names(visitor, "/providers", "providers", "label"),
    )
    errors = answer.field_errors()
    if not answer.is_ok and not errors and answer.status != _UNAVAILABLE:
        raise Refused(answer)
    is_empty = answer.is_ok and not query and not answer.data["money"]
    values = {
        "in_test": is_empty and await only_test_has_payments(visitor),
        "query": query,
        "errors": errors,
        "open_invoices": open_invoices,
        "undelivered": undelivered,
        "sites": sites,
        "providers": providers,
        "summary": answer.data if answer.is_ok else None,
        "is_late": answer.status == _UNAVAILABLE,
        **_shown(answer, query, locale_of(request)),
    }
    status = 200 if answer.is_ok or answer.status == _UNAVAILABLE else answer.status
    return render(Page("home.html", N_("Home"), visitor, values, status), request)


_UNAVAILABLE: Final = 503
"""The figures alone are missing then; the page still leads to everything else."""


def _shown(answer: Answer, query: Mapping[str, str], locale: Locale) -> dict[str, Any]:
    """Values of the template from the answer of the API."""
    currencies: list[str] = [row["currency"] for row in answer.data["money"]] if answer.is_ok else []
    chosen = query.get("currency", "").upper()
    return {
        "currencies": sorted({*currencies, *([chosen] if chosen else [])}),
        "chosen_currency": chosen,
        "change": partial(change_text, locale=locale),
        "rate": partial(rate_text, locale=locale),
        "bars": partial(_bars, answer.data, locale=locale),
        "chart": {"height": CHART_HEIGHT, "bar": BAR_WIDTH},
        "payments": partial(_payments, query, answer.data),
        "failed_notifications": _failed_notifications(query),
    }


async def _open_invoices(query: Mapping[str, str], visitor: Visitor) -> dict[str, Any] | None:
    """How many invoices nothing, or not all, was paid of, whenever they were issued; None where it cannot be read."""
    if not visitor.may("GET", _INVOICES):
        return None
    shared = {name: query[name] for name in ("currency", "siteId") if name in query}
    asked = [{"state": state, **shared, "limit": 1} for state in ("open", "partially_settled")]
    unpaid, partly = await asyncio.gather(*(visitor.api.ask("GET", _INVOICES, query=each) for each in asked))
    if not (unpaid.is_ok and partly.is_ok):
        return None
    link = f"{_INVOICES}?{urlencode({'state': 'open', **shared})}"
    return {
        "number": unpaid.data["total"],
        "isCapped": unpaid.data.get("totalCapped", False),
        "partly": partly.data["total"],
        "link": link,
    }


async def _undelivered(query: Mapping[str, str], visitor: Visitor) -> dict[str, Any] | None:
    """How many notifications wait for their first or next attempt; None where it cannot be read."""
    if not visitor.may("GET", _DELIVERIES):
        return None
    wanted = {"state": "waiting", **_site_of(query)}
    answer = await visitor.api.ask("GET", _DELIVERIES, query={**wanted, "limit": 1})
    if not answer.is_ok:
        return None
    return {
        "number": answer.data["total"],
        "isCapped": answer.data.get("totalCapped", False),
        "link": f"/deliveries?{urlencode(wanted)}",
    }


def _site_of(query: Mapping[str, str]) -> dict[str, str]:
    return {"siteId": query["siteId"]} if "siteId" in query else {}


def _bars(summary: Mapping[str, Any], currency: str, *, locale: Locale) -> Any:
    return bars_of(summary["period"], summary["days"], currency, locale)


def _failed_notifications(query: Mapping[str, str]) -> str:
    """The address of the list of those that were given up, whenever they were made: that is what the page counts."""
    return "/deliveries?" + urlencode({"state": "exhausted", **_site_of(query)})


def _payments(query: Mapping[str, str], summary: Mapping[str, Any], **filters: str) -> str:
    """The address of the list of payments that began in the period, with the same filters."""
    period = summary["period"]
    until = date.fromisoformat(period["lastDay"]) + timedelta(days=1)
    shared = {name: value for name, value in query.items() if name in ("currency", "siteId")}
    return "/payments?" + urlencode({"from": period["firstDay"], "to": until.isoformat(), **shared, **filters})


async def _names(visitor: Visitor, path: str, rows: str, name: str) -> dict[str, str]:
    """Names by id; without them where they cannot be read at the moment."""
    answer = await visitor.api.ask("GET", path, query={"limit": _NAMES_MAX})
    return {row["id"]: row.get(name) or row["id"] for row in answer.data.get(rows, ())}
