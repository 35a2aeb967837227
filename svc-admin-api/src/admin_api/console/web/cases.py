"""Decisions of cases."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.actions import CASE_ACTIONS, Action
from admin_api.console.admission import FormIn
from admin_api.console.api import Refused
from admin_api.console.forms.form import carry_out
from admin_api.console.routing import ObjectIdIn, VisitorIn, page_router, see_other
from admin_api.console.web.sign_in import own_address
from gateway_kit.pages.forms import form_fields

router = page_router()


@router.post("/cases/{object_id}/{form_slug}")
async def decide(
    object_id: ObjectIdIn,
    action: Annotated[Action, Depends(FormIn(CASE_ACTIONS))],
    request: Request,
    visitor: VisitorIn,
) -> Response:
    """Carry out a decision, and lead back to the open cases, or to the page of the form."""
    form = await form_fields(request)
    answer = await carry_out(action, object_id, {}, form, visitor)
    if not answer.is_ok:
        raise Refused(answer)
    if form.get("next"):
        return see_other(own_address(form["next"]), done=action.slug)
    return see_other("/cases", status="open", done=action.slug)
