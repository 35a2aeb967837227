"""The event stream: a list that needs no script, and beside it what happens now."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.api import Answer, Refused
from admin_api.console.rendering import Page, render
from admin_api.console.routing import page_router
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from admin_api.edge.dependencies import deps_of
from admin_api.events.domain.query import TYPE_FILTERS

router = page_router()
_PAGE: Final = "/events"
_STREAM: Final = "/events/stream"
ReaderIn = Annotated[Visitor, Depends(Admitted(("GET", _PAGE)))]
FollowerIn = Annotated[Visitor, Depends(Admitted(("GET", _STREAM)))]
_FOLLOWED: Final = ("type", "siteId", "entityId")
_PERIOD: Final = ("from", "to")
_LISTED: Final = (*_FOLLOWED, *_PERIOD, "cursor")
ROWS_MAX: Final = 100
CALLS_MAX: Final = 10
"""Of the API, for one page: one call reads a limited number of events, of which filters may leave out most."""
_LATELY: Final = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1))
"""Without a period: the shortest of these that has events, else all that are kept."""
_SITES_SHOWN: Final = 100
_GONE: Final = 410


@dataclass(frozen=True)
class _Found:
    """Events, oldest first, and the last answer of the API."""

    rows: list[dict[str, Any]]
    answer: Answer

    @property
    def has_more(self) -> bool:
        return bool(self.answer.data.get("hasMore"))


@router.get(_PAGE)
async def show(request: Request, visitor: ReaderIn) -> Response:
    """One page of events. The address has all filters, so it can be shared."""
    given = request.query_params
    query = {name: given[name].strip() for name in _LISTED if given.get(name, "").strip()}
    # Only what happens from now on, for those who have too many events to read up to now.
    begins_now = given.get("start") == "now"
    found = _Found([], Answer(200, {})) if begins_now else await _read(query, visitor)
    answer = found.answer
    # A filter of several values names the value that is wrong: its field is the filter.
    errors = {re.split(r"\W", name)[0]: message for name, message in answer.field_errors().items()}
    if not answer.is_ok and not errors and answer.status != _GONE:
        raise Refused(answer)
    filters: dict[str, str] = {name: query[name] for name in _FOLLOWED if name in query}
    cursor = answer.data.get("nextCursor")
    is_followed = answer.is_ok and not found.has_more and "to" not in query
    values = {
        "rows": [(row, _text(row)) for row in reversed(found.rows)],
        "query": query,
        "errors": errors,
        "types": list(_grouped_types()),
        "sites": await _sites(visitor),
        "lost": answer.data if answer.status == _GONE else None,
        "resumed": _address(query, cursor=answer.data.get("resumeCursor")),
        "following": _address(query, cursor=cursor) if found.has_more else None,
        "from_now": _address(filters, start="now"),
        "stream": f"{_STREAM}?{urlencode(filters)}",
        "cursor": cursor or "",
        "is_followed": is_followed,
        "is_filtered": any(name in query for name in (*_FOLLOWED, *_PERIOD)),
        "rows_max": ROWS_MAX,
    }
    return render(Page("events.html", N_("Events"), visitor, values, answer.status), request)


@router.get(_STREAM)
async def follow(request: Request, visitor: FollowerIn) -> Response:
    """Events as they come: the stream of the API, under the rights of the visitor's session."""
    query = {name: request.query_params[name] for name in _FOLLOWED if name in request.query_params}
    last_id = request.headers.get("last-event-id")
    return visitor.api.stream(_STREAM, query=query, headers={"last-event-id": last_id} if last_id else {})


async def _read(query: Mapping[str, str], visitor: Visitor) -> _Found:
    """Events of the period, or of lately."""
    sent: dict[str, Any] = {**query, **{name: f"{query[name]}T00:00:00Z" for name in _PERIOD if name in query}}
    calls = CALLS_MAX
    for start in _starts(query, deps_of(visitor.api.request).events.clock.now()):
        found, calls = await _walked(sent | start, calls, visitor)
        if found.rows or not found.answer.is_ok or not calls:
            return found
    return found


def _starts(query: Mapping[str, str], now: datetime) -> Iterator[dict[str, str]]:
    """Where to begin, until there are events. The story of one object is shown from its beginning."""
    if not {"from", "cursor", "entityId"} & query.keys():
        yield from ({"from": (now - period).isoformat()} for period in _LATELY)
    yield {}


async def _walked(sent: dict[str, Any], calls: int, visitor: Visitor) -> tuple[_Found, int]:
    """Events up to the end or `ROWS_MAX`, and how many calls are left."""
    rows: list[dict[str, Any]] = []
    while True:
        answer = await visitor.api.ask("GET", _PAGE, query={**sent, "limit": ROWS_MAX - len(rows)})
        calls -= 1
        rows += answer.data.get("events", [])
        found = _Found(rows, answer)
        if not found.has_more or len(rows) >= ROWS_MAX or not calls:
            return found, calls
        sent = {**sent, "cursor": answer.data["nextCursor"]}


async def _sites(visitor: Visitor) -> dict[str, str] | None:
    """Names by id; None where they cannot be read, or are too many for a menu."""
    if not visitor.may("GET", "/sites"):
        return None
    listed = await visitor.api.ask("GET", "/sites", query={"limit": _SITES_SHOWN})
    if not listed.is_ok or len(listed.data["sites"]) == _SITES_SHOWN:
        return None
    return {site["id"]: site["name"] for site in listed.data["sites"]}


def _grouped_types() -> Iterator[tuple[str, list[str]]]:
    """Types by family; each family is a type of its own."""
    for family, types in groupby(sorted(TYPE_FILTERS), key=lambda name: name.partition(".")[0]):
        yield family, list(types)


def _text(event: dict[str, Any]) -> str:
    return json.dumps(event, indent=2, ensure_ascii=False)


def _address(query: Mapping[str, str], **more: str | None) -> str:
    named = {**query, **{name: value for name, value in more.items() if value}}
    return f"{_PAGE}?{urlencode(named)}" if named else _PAGE
