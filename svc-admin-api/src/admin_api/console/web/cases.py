"""Decisions of cases."""

from fastapi import Request
from starlette.responses import Response

from admin_api.console.actions import CASE_ACTIONS
from admin_api.console.api import Refused
from admin_api.console.forms.form import carry_out
from admin_api.console.routing import ObjectIdIn, VisitorIn, page_router, see_other
from admin_api.console.web.sign_in import own_address
from gateway_contracts.errors import NotFound
from gateway_kit.pages.forms import form_fields

router = page_router()


@router.post("/cases/{object_id}/{slug}")
async def decide(object_id: ObjectIdIn, slug: str, request: Request, visitor: VisitorIn) -> Response:
    """Carry out a decision, and lead back to the open cases, or to the page of the form."""
    action = next((action for action in CASE_ACTIONS if action.slug == slug), None)
    if action is None:
        raise NotFound("there is no such decision")
    form = await form_fields(request)
    answer = await carry_out(action, object_id, {}, form, visitor)
    if not answer.is_ok:
        raise Refused(answer)
    if form.get("next"):
        return see_other(own_address(form["next"]), done=slug)
    return see_other("/cases", status="open", done=slug)
