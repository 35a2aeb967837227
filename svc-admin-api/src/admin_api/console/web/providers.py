"""Providers: a new one by its type, and what a connection test found."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from admin_api.console.admission import Admitted
from admin_api.console.forms.fields import start_of
from admin_api.console.forms.form import Form
from admin_api.console.forms.providers import CREATES, NEW, PROVIDER_PAGE, TEST
from admin_api.console.rendering import Page, render
from admin_api.console.routing import ObjectIdIn, page_router, see_other
from admin_api.console.translations import N_
from admin_api.console.visitor import Visitor
from admin_api.console.web.objects import Refusal, object_page, send_form
from gateway_contracts.errors import NotFound

router = page_router()
CreatorIn = Annotated[Visitor, Depends(Admitted((NEW.verb, NEW.path)))]
TesterIn = Annotated[Visitor, Depends(Admitted((TEST.verb, TEST.path)))]


@router.get("/providers/new")
async def choose_type(request: Request, visitor: CreatorIn) -> Response:
    """Types of providers, each with its form."""
    return render(Page("provider_types.html", N_("New provider"), visitor, {"types": sorted(CREATES)}), request)


@router.get("/providers/new/{provider_type}")
async def show_new(provider_type: str, request: Request, visitor: CreatorIn) -> Response:
    """The form of a new account of that type."""
    return render(_new_page(provider_type, visitor), request)


@router.post("/providers/new/{provider_type}")
async def create(provider_type: str, request: Request, visitor: CreatorIn) -> Response:
    """Set up the account, and lead to its page with the address for webhooks."""
    result = await send_form(_creating(provider_type), "", {}, request, visitor)
    if isinstance(result, Refusal):
        return render(_new_page(provider_type, visitor, result), request)
    return see_other(f"/providers/{result.data['id']}", done="new")


@router.post("/providers/{object_id}/test")
async def test(object_id: ObjectIdIn, request: Request, visitor: TesterIn) -> Response:
    """The page with the checks of a connection test."""
    result = await send_form(TEST, object_id, {}, request, visitor)
    if isinstance(result, Refusal):
        return render(await object_page(PROVIDER_PAGE, object_id, visitor, result), request)
    page = await object_page(PROVIDER_PAGE, object_id, visitor)
    return render(replace(page, values=page.values | {"tested": result.data}), request)


def _creating(provider_type: str) -> Form:
    form = CREATES.get(provider_type)
    if form is None:
        raise NotFound("there is no such type of provider")
    return form


def _new_page(provider_type: str, visitor: Visitor, refusal: Refusal | None = None) -> Page:
    form = _creating(provider_type)
    values = {"type": provider_type, "form": form, "filled": start_of(form.fields), "errors": {}, "problem": ""}
    status = 200 if refusal is None else refusal.status
    return Page("provider_new.html", form.title, visitor, values | (refusal.values() if refusal else {}), status)
