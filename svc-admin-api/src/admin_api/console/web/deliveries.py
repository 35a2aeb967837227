"""Notifications that are sent again from their list."""

from fastapi import Request
from starlette.responses import Response

from admin_api.console.api import Refused
from admin_api.console.forms.form import carry_out
from admin_api.console.routing import VisitorIn, page_router, see_other
from admin_api.console.web.objects import SegmentIn
from admin_api.console.web.payments import DeliveryActionIn
from admin_api.console.web.sign_in import own_address
from gateway_kit.pages.forms import form_fields

router = page_router()


@router.post("/deliveries/{object_id}/{form_slug}")
async def act(object_id: SegmentIn, action: DeliveryActionIn, request: Request, visitor: VisitorIn) -> Response:
    """Carry out an action on a notification, and lead back to the list as it was."""
    form = await form_fields(request)
    answer = await carry_out(action, object_id, {}, form, visitor)
    if not answer.is_ok:
        raise Refused(answer)
    return see_other(own_address(form.get("next", "/deliveries")), done=action.slug)
