"""Lists as `listings` declares them."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from admin_api.console.admission import admit, is_admitted
from admin_api.console.api import Refused
from admin_api.console.exports import EXPORTS, ROWS_MAX
from admin_api.console.forms.form import Form, offered, path_of
from admin_api.console.forms.registry import OBJECT_PAGES
from admin_api.console.listing import Listing
from admin_api.console.listings import LISTINGS
from admin_api.console.other_mode import only_test_has_payments
from admin_api.console.rendering import Page, render
from admin_api.console.routing import ObjectIdIn, VisitorIn, page_router
from admin_api.console.visitor import Visitor
from gateway_contracts.errors import NotFound

router = page_router()


@router.get("/{slug}")
async def show_list(slug: str, request: Request, visitor: VisitorIn) -> Response:
    """One page of a list. The address has all filters, so it can be shared."""
    listing = LISTINGS.get(slug)
    if listing is None:
        raise NotFound("there is no such page")
    admit(visitor, "GET", listing.path)
    query = query_of(listing, request.query_params)
    answer = await visitor.api.ask("GET", path_of(listing.path, visitor), query=sent_query(listing, query))
    errors = answer.field_errors()
    if not answer.is_ok and not errors:
        raise Refused(answer)
    is_empty = listing.slug == "payments" and not query and answer.is_ok and not answer.data[listing.rows]
    values = {
        "in_test": is_empty and await only_test_has_payments(visitor),
        "listing": listing,
        "rows": answer.data.get(listing.rows, []),
        "query": query,
        "errors": errors,
        "address": _address(listing, query),
        "following": _following(listing, query, answer.data),
        "export": _export(listing, query),
        "export_rows_max": ROWS_MAX,
        "total": answer.data.get("total"),
        "is_capped": answer.data.get("totalCapped", False),
        "creates": _creates(slug, visitor),
        "opens_documents": listing.documents is not None and visitor.may("GET", listing.documents),
        "offered": partial(offered, listing.actions, visitor=visitor),
        "done": request.query_params.get("done"),
    }
    status = 200 if answer.is_ok else answer.status
    return render(Page("list.html", listing.title, visitor, values, status), request)


@router.get("/{slug}/{object_id}/pdf")
async def show_document(slug: str, object_id: ObjectIdIn, visitor: VisitorIn) -> Response:
    """The document of a row."""
    listing = LISTINGS.get(slug)
    if listing is None or listing.documents is None:
        raise NotFound("there is no such document")
    admit(visitor, "GET", listing.documents)
    answer = await visitor.api.ask("GET", path_of(listing.documents, visitor, object_id))
    if not answer.is_ok:
        raise Refused(answer)
    return answer.passed_on()


def _creates(slug: str, visitor: Visitor) -> Form | None:
    """The form of a new row, if there is one and the visitor may send it."""
    form = OBJECT_PAGES[slug].creates if slug in OBJECT_PAGES else LISTINGS[slug].creates
    return form if form and is_admitted(visitor, form.verb, form.path) else None


def query_of(listing: Listing, given: Mapping[str, str]) -> dict[str, str]:
    """The known parameters that have a value; an address with others still leads to the list."""
    known = [item.name for item in listing.filters] + ["cursor"]
    return {name: given[name].strip() for name in known if given.get(name, "").strip()}


def sent_query(listing: Listing, query: dict[str, str]) -> dict[str, str]:
    """The same for the API: days begin at midnight UTC."""
    days = {item.name for item in listing.filters if item.kind == "date"}
    return {name: f"{value}T00:00:00Z" if name in days else value for name, value in query.items()}


def _address(listing: Listing, query: dict[str, str]) -> str:
    """The address of this page, to which its actions lead back."""
    return f"/{listing.slug}?{urlencode(query)}" if query else f"/{listing.slug}"


def _following(listing: Listing, query: dict[str, str], data: dict[str, Any]) -> str | None:
    """The address of the next page."""
    cursor = data.get("nextCursor")
    return _address(listing, {**query, "cursor": cursor}) if cursor else None


def _export(listing: Listing, query: dict[str, str]) -> str | None:
    """The address of all these rows as a file, from the first page on; None where there is none."""
    if listing.slug not in EXPORTS:
        return None
    return f"/{listing.slug}.csv?{urlencode({name: value for name, value in query.items() if name != 'cursor'})}"
