"""Lists as files."""

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from admin_api.console.admission import admit
from admin_api.console.api import Refused
from admin_api.console.exports import EXPORTS, ROWS_MAX, Notices, csv_of, page_query
from admin_api.console.listings import LISTINGS
from admin_api.console.rendering import locale_of
from admin_api.console.routing import VisitorIn, page_router
from admin_api.console.translations import translations
from admin_api.console.web.lists import query_of, sent_query
from gateway_contracts.errors import NotFound

router = page_router()


@router.get("/{slug}.csv")
async def download(slug: str, request: Request, visitor: VisitorIn) -> Response:
    """The rows of a list with the filters of the address, as CSV."""
    if slug not in EXPORTS:
        raise NotFound("there is no such file")
    listing = LISTINGS[slug]
    admit(visitor, "GET", listing.path)
    query = sent_query(listing, query_of(listing, request.query_params))
    query.pop("cursor", None)
    # Read before anything is sent: a refusal is a page, not a file.
    first = await visitor.api.ask("GET", listing.path, query=page_query(query))
    if not first.is_ok:
        raise Refused(first)
    gettext = translations(locale_of(request).language).gettext
    notices = Notices(
        capped=gettext("Only the first %(number)s rows. Narrow the filters to get the others.") % {"number": ROWS_MAX},
        broken=gettext("The file is not complete: the list could not be read to its end."),
    )
    return StreamingResponse(
        csv_of(listing, query, first, notices, visitor),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{slug}-{visitor.mode}.csv"',
            "Cache-Control": "no-store",
        },
    )
