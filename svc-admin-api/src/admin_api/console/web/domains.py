"""Domains: a look at DNS now."""

from starlette.responses import Response

from admin_api.console.api import Refused
from admin_api.console.routing import ObjectIdIn, VisitorIn, page_router, see_other

router = page_router()


@router.post("/domains/{object_id}/check")
async def check(object_id: ObjectIdIn, visitor: VisitorIn) -> Response:
    """Look up the domain's records, and lead back to its page, which has the result."""
    answer = await visitor.api.ask("GET", "/domains/verify-cname", query={"id": object_id})
    if not answer.is_ok:
        raise Refused(answer)
    return see_other(f"/domains/{object_id}", done="check")
