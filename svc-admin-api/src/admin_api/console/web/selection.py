"""The visitor's choice of organization, mode and language."""

from typing import Final

from fastapi import Request
from starlette.responses import Response

from admin_api.console.rendering import LANGUAGE_COOKIE, Page, render
from admin_api.console.routing import CHOOSE, VisitorIn, page_router, see_other
from admin_api.console.translations import LANGUAGES, N_
from admin_api.console.visitor import MODES, Visitor, remember
from admin_api.console.web.sign_in import own_address
from admin_api.edge.dependencies import MODE_COOKIE, SELECTED_ORGANIZATION
from gateway_contracts.errors import Unreadable
from gateway_contracts.ids import is_object_id
from gateway_kit.pages.forms import form_fields

router = page_router()
_SHOWN: Final = 100


@router.get(CHOOSE)
async def choose(request: Request, visitor: VisitorIn) -> Response:
    """Organizations of the visitor."""
    rows = await _organizations(visitor)
    values = {
        "rows": rows,
        "may_create": visitor.may("POST", "/organizations"),
        "done": request.query_params.get("done"),
    }
    return render(Page("organizations.html", N_("Choose an organization"), visitor, values), request)


@router.post("/select")
async def select(request: Request, visitor: VisitorIn) -> Response:
    """Keep a choice in a cookie; the API checks it with every request."""
    form = await form_fields(request)
    response = see_other(own_address(form.get("next", "/")))
    organization_id, mode, language = (form.get(name, "") for name in ("organization", "mode", "language"))
    if is_object_id(organization_id):
        remember(response, SELECTED_ORGANIZATION, organization_id)
    elif mode in MODES:
        remember(response, MODE_COOKIE, mode)
    elif language in LANGUAGES:
        remember(response, LANGUAGE_COOKIE, language)
    else:
        raise Unreadable("choose an organization, a mode or a language")
    return response


async def _organizations(visitor: Visitor) -> list[dict[str, str]]:
    """Ids, names and roles. Members may read the names of their own organizations only one by one."""
    if visitor.is_operator:
        listed = await visitor.api.read("/organizations", limit=_SHOWN)
        return [{"id": row["id"], "name": row["name"], "role": "global"} for row in listed["organizations"]]
    rows = []
    for membership in visitor.person["memberships"]:
        organization_id = membership["organizationId"]
        found = await visitor.api.ask("GET", f"/organizations/{organization_id}")
        name = found.data.get("name") if found.is_ok else None
        rows.append({"id": organization_id, "name": name or organization_id, "role": membership["role"]})
    return rows
