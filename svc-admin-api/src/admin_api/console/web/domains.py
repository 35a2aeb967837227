"""Domains: a look at DNS now."""

from typing import Annotated, Final

from fastapi import Depends
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.api import Refused
from admin_api.console.routing import ObjectIdIn, page_router, see_other
from admin_api.console.visitor import Visitor

router = page_router()
_CHECK: Final = "/domains/verify-cname"
CheckerIn = Annotated[Visitor, Depends(Admitted(("GET", _CHECK)))]


@router.post("/domains/{object_id}/check")
async def check(object_id: ObjectIdIn, visitor: CheckerIn) -> Response:
    """Look up the domain's records, and lead back to its page, which has the result."""
    answer = await visitor.api.ask("GET", _CHECK, query={"id": object_id})
    if not answer.is_ok:
        raise Refused(answer)
    return see_other(f"/domains/{object_id}", done="check")
